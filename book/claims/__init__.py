"""The claims ledger: who says what, and what comes out when it is computed."""

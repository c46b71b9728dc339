"""What a process does as one of several, without any others: shares, errors, who writes."""

import pytest
import torch
from tiny_runs import tiny_trainer

from resnet_lab.training.group import Group, LostProcessError

CPU = torch.device("cpu")


def one_of(size: int, rank: int) -> Group:
    group = Group(CPU)
    group.size, group.rank = size, rank
    return group


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_shares_are_equal_and_make_up_the_batch(size):
    batch = list(range(12))
    shares = [batch[one_of(size, rank).share(12)] for rank in range(size)]
    assert [place for share in shares for place in share] == batch
    assert {len(share) for share in shares} == {12 // size}


def test_a_batch_that_cannot_be_shared_evenly_is_refused():
    with pytest.raises(ValueError, match="^batch must be a multiple of the 2 processes, got 33"):
        one_of(2, 0).share(33)


@pytest.mark.parametrize(
    ("size", "text", "lost"),
    [
        (2, "Connection closed by peer", True),
        (2, "[gloo] read timed out", True),
        (2, "out of memory", False),
        (1, "Connection closed by peer", False),
    ],
)
def test_a_broken_connection_is_a_lost_process_and_other_errors_stay(tmp_path, size, text, lost):
    error = RuntimeError(f"{text}\nat line 5")
    for folder, where in ((tmp_path, f"resume from the checkpoints in {tmp_path}"),
                          (None, "nothing was saved")):  # fmt: skip
        with pytest.raises(RuntimeError) as caught, one_of(size, 0).watched(7, folder):
            raise error
        if lost:
            assert type(caught.value) is LostProcessError
            assert str(caught.value) == (
                f"one of the 2 processes was lost after step 7; {where} (seen by rank 0: {text})"
            )
        else:
            assert caught.value is error


def test_only_the_first_process_writes_and_shows_a_bar(tmp_path, capsys, monkeypatch):
    class Second(Group):
        def __init__(self, device: torch.device) -> None:
            super().__init__(device)
            self.rank = 1

        def share(self, batch: int) -> slice:
            return slice(None)

    monkeypatch.setattr("resnet_lab.training.trainer.Group", Second)
    trainer = tiny_trainer(tmp_path, progress=True, checkpoint_every=10)
    trainer.evaluate = lambda: (1.0, 50.0)
    assert trainer.run().finished
    assert list(tmp_path.iterdir()) == []
    assert capsys.readouterr() == ("", "")

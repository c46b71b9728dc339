"""The sentences of the stride calculator; ``stride_words.js`` says the same."""

from collections.abc import Sequence

from resnet_lab.widgets.state import State


def signed(value: int) -> str:
    """A number with a true minus sign."""
    return str(value).replace("-", "−")


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _is_taken_off(state: State) -> bool:
    """Whether ``ceil_mode`` would use one window more, were it not for its start."""
    return state.outputs == _steps(state)


def _steps(state: State) -> int:
    top = state.size + 2 * state.padding - state.span
    return -(-top // state.stride) if state.ceil_mode else top // state.stride


def formula(state: State) -> list[str]:
    """The formula in names, with the numbers of a state, and worked out."""
    rounding = "ceil" if state.ceil_mode else "floor"
    top = state.size + 2 * state.padding - state.span
    steps, less = _steps(state), " − 1" if _is_taken_off(state) else ""
    return [
        f"{rounding}((input + 2·padding − dilation·(kernel − 1) − 1) / stride) + 1",
        f"= {rounding}(({state.size} + 2·{state.padding} − {state.dilation}·({state.kernel} − 1)"
        f" − 1) / {state.stride}) + 1",
        f"= {rounding}({signed(top)} / {state.stride}) + 1{less} = {steps} + 1{less}"
        f" = {state.outputs}",
    ]


def edge_words(state: State) -> str:
    """What becomes of the far edge, and of the columns between two windows."""
    end = state.far_end
    sentences = []
    if _is_taken_off(state):
        sentences.append("One window is taken off: it would start past the input.")
    if end.overhang:
        over = _counted(end.overhang, "column")
        sentences.append(f"The last window hangs {over} over the padded input, and as many rows.")
    elif end.padding + end.input == 0:
        sentences.append("The last window ends exactly at the far edge: nothing is dropped there.")
    else:
        sentences.append(
            f"At the far edge, {_counted(end.padding, 'column')} of padding "
            f"and {end.input} of input are never read, and as many rows."
        )
    unread = sum(0 <= position < state.size for position in state.unread)
    skipped = unread - end.input
    if skipped:
        verb = "is" if skipped == 1 else "are"
        sentences.append(
            f"Between the columns read, {skipped} of input {verb} skipped, and as many rows."
        )
    if unread:
        read = (state.size - unread) ** 2
        sentences.append(f"In all, {read:,} of {state.size**2:,} input positions are read.")
    return " ".join(sentences)


def _run(positions: Sequence[int]) -> str:
    if len(positions) == 1:
        return signed(positions[0])
    step = positions[1] - positions[0]
    every = f" in steps of {step}" if step > 1 else ""
    return f"{signed(positions[0])} to {signed(positions[-1])}{every}"


def window_words(state: State) -> str:
    """What the output cell of the state reads."""
    rows, columns = state.window(state.row), state.window(state.column)

    def inside(positions: Sequence[int], margin: int) -> int:
        return sum(-margin <= position < state.size + margin for position in positions)

    read = inside(rows, 0) * inside(columns, 0)
    padded = inside(rows, state.padding) * inside(columns, state.padding)
    beyond = state.kernel**2 - padded
    rest = f", and {beyond} past the edge, which do not count" if beyond else ""
    plural = "" if state.kernel == 1 else "s"
    return (
        f"Output row {state.row}, column {state.column} reads row{plural} {_run(rows)} and "
        f"column{plural} {_run(columns)}: {_counted(read, 'position')} of input, "
        f"{padded - read} of padding{rest}."
    )


def input_words(state: State) -> str:
    """The text alternative of the input picture."""
    return (
        f"Input, {state.size} by {state.size}, with {state.padding} of padding on each side. "
        f"{window_words(state)} {edge_words(state)}"
    )


def output_words(state: State) -> str:
    """The text alternative of the output picture."""
    outputs = state.outputs
    return (
        f"Output, {outputs} by {outputs}. Row {state.row}, column {state.column} is marked."
    )

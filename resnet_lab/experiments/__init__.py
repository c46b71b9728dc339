"""Many runs: experiments as data, what carries them out, and the command line.

Read ``entries`` and ``catalogue`` first, then ``runner``. ``side_by_side`` trains several at a
time, ``studies`` measures along the way, ``cli`` is ``python -m resnet_lab``.
"""

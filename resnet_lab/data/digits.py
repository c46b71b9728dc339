"""Handwritten digits that come with scikit-learn: real images that need no download.

Source: E. Alpaydin and C. Kaynak, "Optical recognition of handwritten digits", UCI Machine
Learning Repository (1998), https://doi.org/10.24432/C50P49. Scikit-learn bundles the test part:
1,797 images by 13 writers.
"""

import numpy as np
import torch

from resnet_lab.data.imageset import ImageSet

TEST_SIZE = 360
SPLIT_SEED = 1512


def load_digits() -> ImageSet:
    """The 1,797 digits, ``1, 8, 8`` each: 1,437 to train on and 360 to test on.

    A pixel counts the black points in a 4x4 window, 0 to 16. It is stored as
    ``(255 * count + 8) // 16``, the nearest byte of the same share of 255 (halves go up), which
    loses nothing: the 17 counts stay apart.

    The file does not say who wrote which digit, so the split is by image: a writer may be in
    both parts, and test errors flatter the network for it. The split is drawn once, with a seed
    of its own; it is the same for every run, whatever the seed of the run.
    """
    from sklearn import datasets

    bunch = datasets.load_digits()
    counts = np.rint(bunch.images).astype(np.int64)
    images = torch.from_numpy(((255 * counts + 8) // 16).astype(np.uint8)).unsqueeze(1)
    labels = torch.from_numpy(bunch.target.astype(np.int64))
    # RandomState, because numpy promises never to change its stream.
    order = torch.from_numpy(np.random.RandomState(SPLIT_SEED).permutation(len(labels)))
    train, test = order[:-TEST_SIZE], order[-TEST_SIZE:]
    return ImageSet(
        "digits",
        "handwritten digits",
        tuple(str(digit) for digit in range(10)),
        images[train],
        labels[train],
        images[test],
        labels[test],
    )

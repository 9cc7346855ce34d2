"""Stretch: moves what was modelled on one skeleton to another of other lengths, by the weights of its skin."""

from __future__ import annotations

import numpy as np

from tools.build_avatar.rest_pose import RestPose
from tools.build_avatar.sdf import Array


class Stretch:
    """From one rest pose to another that is turned alike. B bodies."""

    def __init__(self, at: RestPose, to: RestPose, scales: Array) -> None:
        """`scales` (B, 3): of each body along its own axes."""
        turn = at.frames[:, :3, :3]
        self._linear = np.einsum("bij,bj,bkj->bik", turn, scales, turn)
        self._shift = to.frames[:, :3, 3] - np.einsum("bij,bj->bi", self._linear, at.frames[:, :3, 3])
        self._inverse = np.einsum("bij,bj,bkj->bik", turn, 1.0 / scales, turn)

    def points(self, p: Array, weights: Array) -> Array:
        """(N, 3) of points (N, 3) that the bodies move by weights (N, B)."""
        linear = np.einsum("nb,bij->nij", weights, self._linear)
        return np.asarray(np.einsum("nij,nj->ni", linear, p) + weights @ self._shift)

    def directions(self, v: Array, weights: Array) -> Array:
        """(N, 3) displacements as they are after it."""
        return np.asarray(np.einsum("nb,bij,nj->ni", weights, self._linear, v))

    def normals(self, n: Array, weights: Array) -> Array:
        """(N, 3) unit normals after it."""
        turned = np.einsum("nb,bij,nj->ni", weights, self._inverse, n)
        return np.asarray(turned / np.maximum(np.linalg.norm(turned, axis=1, keepdims=True), 1e-9))

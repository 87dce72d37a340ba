"""What relating compares: what a text says, its grams, its sketch and its words' weights."""

import hashlib

import numpy as np
from numpy.typing import NDArray

#: Hash buckets of the character 2- and 3-grams.
BUCKETS = 1 << 18
#: Characters of the body that say what it is about (nlp.md E).
HEAD = 200
#: Length of the stretches a copy is found by, and how many of a text are kept: those with the
#: lowest hashes, so that a part of the text keeps the ones it holds.
STRETCH, SKETCH = 6, 6
#: Of a long text also every one with a hash below 1/32, so that a short excerpt finds it.
DENSE, DENSE_SHARE = 48, 32

Ints = NDArray[np.int64]
Words = NDArray[np.uint64]
Buckets = NDArray[np.int32]
Floats = NDArray[np.float32]
Grams = NDArray[np.uint32]


def plain(text: str) -> str:
    """Return only what is said: letters and digits of a normal text, no punctuation."""
    return "".join(filter(str.isalnum, text))


def key(kind: str, *parts: str) -> int:
    """Return the 63-bit key of a kind of finding and what is found by it."""
    said = "\0".join((kind, *parts)).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(said, digest_size=8).digest(), "big") >> 1


def features(title: str, text: str) -> tuple[Buckets, Ints]:
    """Return buckets and counts of the 2- and 3-grams of title twice and the body's head."""
    buckets, counts, _ = words(title, text)
    return buckets, counts


def words(title: str, text: str) -> tuple[Buckets, Ints, Buckets]:
    """Return the features, and the buckets of the 2-grams alone: few that name every word."""
    head = plain(title)
    codes = _codes(f"{head}\n{head}\n{plain(text[: 2 * HEAD])[:HEAD]}")
    two = codes[:-1] * 1_000_003 + codes[1:]
    three = two[:-1] * 1_000_003 + codes[2:]
    pairs = _buckets(two)
    buckets, counts = np.unique(np.concatenate([pairs, _buckets(three)]), return_counts=True)
    return buckets, counts, pairs


def bucket_keys(buckets: Buckets) -> tuple[int, ...]:
    """Return the keys of feature buckets, spread over all keys."""
    return tuple((_spread(buckets.astype(np.uint64) + np.uint64(1)) >> np.uint64(1)).tolist())


def sketch(said: str) -> tuple[int, ...]:
    """Return the keys of the few stretches a copy of this text, or of a part of it, is found by."""
    codes = _codes(said).astype(np.uint64)
    if len(codes) < STRETCH:
        return ()
    mixed = codes[: len(codes) - STRETCH + 1]
    for step in range(1, STRETCH):
        mixed = mixed * np.uint64(1_000_003) + codes[step : len(codes) - STRETCH + 1 + step]
    mixed = _spread(mixed)
    if len(mixed) > 2 * SKETCH:
        mixed = np.partition(mixed, 2 * SKETCH)
        dense = mixed[mixed < np.uint64((1 << 64) // DENSE_SHARE)]
        mixed = mixed[: 2 * SKETCH]
    else:
        dense = mixed[:0]
    lowest = np.unique(mixed)[:SKETCH]
    if len(dense) > SKETCH:
        lowest = np.unique(np.concatenate([lowest, dense]))[:DENSE]
    return tuple((_spread(lowest) >> np.uint64(1)).tolist())


def four_grams(said: str) -> Grams:
    """Return the hashes of all 4-grams, each once, in rising order."""
    codes = _codes(said)
    mixed = codes[:-3]
    for step in (1, 2, 3):
        mixed = mixed * 1_000_003 + codes[step : len(codes) - 3 + step]
    return np.unique((mixed ^ (mixed >> 29)).astype(np.uint32))


def pack(buckets: Buckets, weights: Floats) -> bytes:
    """Return a sparse vector as bytes: all buckets, then all weights."""
    return buckets.astype("<i4").tobytes() + weights.astype("<f4").tobytes()


def unpack(packed: bytes) -> tuple[Buckets, Floats]:
    """Return the buckets and weights of a packed vector."""
    number = len(packed) // 8
    return (
        np.frombuffer(packed, dtype="<i4", count=number),
        np.frombuffer(packed, dtype="<f4", offset=4 * number),
    )


def heaviest(buckets: Buckets, weights: Floats, number: int) -> tuple[Buckets, Floats]:
    """Return the heaviest of a sparse vector, by bucket."""
    if len(buckets) <= number:
        return buckets, weights
    kept = np.sort(np.argsort(-weights, kind="stable")[:number])
    return buckets[kept], weights[kept]


def summed(one: bytes, buckets: Buckets, weights: Floats, most: int) -> bytes:
    """Return the sum of a packed and a sparse vector, at most so many of the heaviest."""
    old_buckets, old_weights = unpack(one)
    names, places = np.unique(np.concatenate([old_buckets, buckets]), return_inverse=True)
    sums = np.bincount(places, weights=np.concatenate([old_weights, weights]))
    return pack(*heaviest(names, sums.astype(np.float32), most))


def _spread(values: Words) -> Words:
    """Mix 64 bits well (the finaliser of splitmix64); different values stay different."""
    mixed = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    result: Words = mixed ^ (mixed >> np.uint64(31))
    return result


def _codes(text: str) -> Ints:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(
        np.int64
    )


def _buckets(hashes: Ints) -> Buckets:
    result: Buckets = ((hashes ^ (hashes >> 17) ^ (hashes >> 31)) & (BUCKETS - 1)).astype(np.int32)
    return result

"""ML-DSA-44 (FIPS 204), deterministic signing (the random input is 32 zero bytes), for test vectors only.

Written from the standard, with its names. It is neither fast nor safe against timing; libraries sign with fresh randomness,
and vectors must come out the same every time.
"""

from hashlib import shake_128, shake_256

Q, D, TAU, GAMMA1, GAMMA2, K, L, ETA, BETA, OMEGA = 8380417, 13, 39, 1 << 17, (8380417 - 1) // 88, 4, 4, 2, 78, 80
ZETAS = [pow(1753, int(f"{i:08b}"[::-1], 2), Q) for i in range(256)]


def h(data: bytes, length: int) -> bytes:
    return shake_256(data).digest(length)


def ntt(polynomial):  # Algorithm 41
    w, m, length = list(polynomial), 0, 128
    while length:
        for start in range(0, 256, 2 * length):
            m += 1
            for j in range(start, start + length):
                t = ZETAS[m] * w[j + length] % Q
                w[j + length], w[j] = (w[j] - t) % Q, (w[j] + t) % Q
        length //= 2
    return w


def inverse_ntt(polynomial):  # Algorithm 42
    w, m, length = list(polynomial), 256, 1
    while length < 256:
        for start in range(0, 256, 2 * length):
            m -= 1
            for j in range(start, start + length):
                t = w[j]
                w[j], w[j + length] = (t + w[j + length]) % Q, -ZETAS[m] * (t - w[j + length]) % Q
        length *= 2
    return [8347681 * x % Q for x in w]


def pack(numbers, bits: int) -> bytes:  # Algorithm 16
    whole = sum(number << (bits * i) for i, number in enumerate(numbers))
    return whole.to_bytes(len(numbers) * bits // 8, "little")


def unpack(data: bytes, bits: int):
    whole = int.from_bytes(data, "little")
    return [whole >> (bits * i) & ((1 << bits) - 1) for i in range(len(data) * 8 // bits)]


def uniform(seed: bytes):  # Algorithm 30
    stream = shake_128(seed).digest(3 * 1024)
    candidates = (int.from_bytes(stream[i : i + 3], "little") & 0x7FFFFF for i in range(0, len(stream), 3))
    return [c for c in candidates if c < Q][:256]


def bounded(seed: bytes):  # Algorithm 31
    halves = [half for byte in h(seed, 1024) for half in (byte & 15, byte >> 4)]
    return [ETA - half % 5 for half in halves if half < 15][:256]


def in_ball(seed: bytes):  # Algorithm 29
    stream = iter(h(seed, 1024))
    signs = int.from_bytes(bytes(next(stream) for _ in range(8)), "little")
    c = [0] * 256
    for i in range(256 - TAU, 256):
        j = next(byte for byte in stream if byte <= i)
        c[i], c[j] = c[j], -1 if signs >> (i + TAU - 256) & 1 else 1
    return c


def centred(r: int, modulus: int) -> int:
    r %= modulus
    return r - modulus if r > modulus // 2 else r


def decompose(r: int):  # Algorithm 36
    r %= Q
    r0 = centred(r, 2 * GAMMA2)
    return (0, r0 - 1) if r - r0 == Q - 1 else ((r - r0) // (2 * GAMMA2), r0)


def times(a, b):
    return [x * y % Q for x, y in zip(a, b)]


def plus(*polynomials):
    return [sum(column) % Q for column in zip(*polynomials)]


def norm(polynomials) -> int:
    return max(abs(centred(x, Q)) for polynomial in polynomials for x in polynomial)


class Key:
    """A key made from a seed of 32 bytes (Algorithm 6)."""

    def __init__(self, seed: bytes):
        expanded = h(seed + bytes([K, L]), 128)
        rho, secret, self.k = expanded[:32], expanded[32:96], expanded[96:]
        self.a = [[uniform(rho + bytes([s, r])) for s in range(L)] for r in range(K)]
        self.s1 = [ntt(bounded(secret + r.to_bytes(2, "little"))) for r in range(L)]
        s2 = [bounded(secret + (L + r).to_bytes(2, "little")) for r in range(K)]
        self.s2 = [ntt(p) for p in s2]
        t = [plus(p, s2[r]) for r, p in enumerate(self.product(self.s1))]
        t0 = [[centred(x, 1 << D) for x in p] for p in t]
        t1 = [[(x - low) >> D for x, low in zip(p, lows)] for p, lows in zip(t, t0)]
        self.t0 = [ntt(p) for p in t0]
        self.public = rho + b"".join(pack(p, 10) for p in t1)

    def product(self, vector):
        return [inverse_ntt(plus(*(times(a, v) for a, v in zip(row, vector)))) for row in self.a]

    def sign(self, message: bytes, too_long=False) -> bytes:  # Algorithms 2 and 7, empty context
        """`too_long`: a signature that holds but for the bound on z, which a verifier must check."""
        mu = h(h(self.public, 64) + bytes(2) + message, 64)
        mask = h(self.k + bytes(32) + mu, 64)
        for kappa in range(0, 1 << 16, L):
            seeds = [mask + (kappa + r).to_bytes(2, "little") for r in range(L)]
            y = [[GAMMA1 - x for x in unpack(h(seed, 576), 18)] for seed in seeds]
            w = self.product([ntt(p) for p in y])
            high = b"".join(pack([decompose(x)[0] for x in p], 6) for p in w)
            challenge = h(mu + high, 32)
            c = ntt(in_ball(challenge))
            z = [plus(p, inverse_ntt(times(c, s))) for p, s in zip(y, self.s1)]
            rest = [plus(p, [-x for x in inverse_ntt(times(c, s))]) for p, s in zip(w, self.s2)]
            low = max(abs(decompose(x)[1]) for p in rest for x in p)
            if (norm(z) >= GAMMA1 - BETA) != too_long or norm(z) >= GAMMA1 or low >= GAMMA2 - BETA:
                continue
            ct0 = [inverse_ntt(times(c, t)) for t in self.t0]
            hints = [
                [i for i, (x, d) in enumerate(zip(p, ds)) if decompose(x)[0] != decompose(x + d)[0]]
                for p, ds in zip(rest, ct0)
            ]
            if norm(ct0) >= GAMMA2 or sum(map(len, hints)) > OMEGA:
                continue
            places = bytes(i for row in hints for i in row).ljust(OMEGA, b"\0")
            ends = bytes(sum(len(row) for row in hints[: r + 1]) for r in range(K))
            return challenge + b"".join(pack([GAMMA1 - centred(x, Q) for x in p], 18) for p in z) + places + ends
        raise AssertionError("no signature found")

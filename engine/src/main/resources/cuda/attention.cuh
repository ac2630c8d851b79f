// What all kernels of attention share: heads inside packed matrices, e^x by powers of two, what the gradient's two
// kernels exchange.
#pragma once
#include "fathom.cuh"

constexpr float LOG2_E = 1.4426950408889634f, LN_2 = 0.6931471805599453f;

// 2^x to 2 units in the last place: one instruction of the special function unit.
__device__ __forceinline__ float exp2_fast(float x) {
    float y;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
}

// The score of a key that does not exist, and where a row's running maximum starts: far below every score, yet finite,
// so that a row that has seen no key yet gives e^-infinity = 0, not NaN.
#define NO_KEY (-__int_as_float(0x7f800000))
constexpr float LOWEST = -1e30f;

// What a block works on: tokens first .. of one head (of size values) of picture n; a pair is a head of a picture.
// Pairs follow each other, and in a pair the tiles of tokens, so that blocks that run together share their keys in the
// L2 cache.
struct Place { int tokens, heads, size, pair, n, first; };
__device__ __forceinline__ Place place_of_block(int tile, int tokens, int heads, int size) {
    int tiles = (tokens + tile - 1) / tile, pair = blockIdx.x / tiles;
    return {tokens, heads, size, pair, pair / heads, (int) (blockIdx.x - pair * tiles) * tile};
}

// The head's part of a matrix [N, T, parts * heads * size], part 0 of q, k and v, say: token i has its values at data +
// i * stride. vector: all of them start at multiples of 16 bytes and are whole pieces of 16 bytes.
template <typename T> struct Head {
    T* data;
    int stride, tokens, size;
    bool vector;
};
template <typename T> __device__ __forceinline__ Head<T> head_of(T* matrix, const Place& at, int part, int parts) {
    int channels = at.heads * at.size, stride = parts * channels;
    i64 offset = (i64) at.n * at.tokens * stride + part * channels + (at.pair - at.n * at.heads) * at.size;
    return {matrix + offset, stride, at.tokens, at.size, aligned16(matrix) && at.size % (16 / (int) sizeof(T)) == 0};
}

// For (lse log2(e), D) of a row; rows of a pair are padded to a multiple of 64, so that tiles of them need no care.
struct alignas(8) RowTerms { float lse2, d; };
struct alignas(16) TwoRows { RowTerms a, b; };
__device__ __forceinline__ int padded_rows(int tokens) { return (tokens + 63) / 64 * 64; }


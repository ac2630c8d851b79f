// What the plain kernels of attention share: float32 tiles in shared memory and small products of them, with ordinary
// multiply-adds. They run anywhere, on any head of up to 128 values, in float32 or in 16 bits computed in float32.
//
// Threads form groups of eight. Group r has rows r, r + GROUPS, r + 2 GROUPS, r + 3 GROUPS of a block's tile (GROUPS:
// groups in the block), and its thread c the columns c, c + 8, ... of a product over channels, or, of a product over
// rows, four neighbouring channels out of every 32. So whatever is kept for a row (maximum, sum, D) is known to the
// eight threads that hold that row in every product.
//
// All operands are read as 16 bytes. Tiles have rows of D + 4 values: rows r, r + 1, .. r + 7 of a tile then start in
// different banks, four apart, and the reads below have no conflicts.
#pragma once
#include "fathom.cuh"
#include "attention.cuh"

struct alignas(16) Four { float x, y, z, w; };

// Rows first .. first + ROWS of a head into a tile; zeros where there are no such tokens or channels.
template <typename T, int D, int ROWS, int THREADS>
__device__ __forceinline__ void load_rows(float* tile, const Head<const T>& head, int first) {
    constexpr int N = Vec<T>::N, PIECES = D / N;
    static_assert(ROWS * PIECES % THREADS == 0, "every thread copies as many pieces");
    if (head.vector) {
#pragma unroll 4
        for (int i = threadIdx.x; i < ROWS * PIECES; i += THREADS) {
            int row = i / PIECES, channel = i % PIECES * N;
            float v[N] = {};
            const T* from = head.data + (i64) (first + row) * head.stride + channel;
            if (first + row < head.tokens && channel < head.size) load16(from, v);
#pragma unroll
            for (int c = 0; c < N; c += 4) {
                *(Four*) &tile[row * (D + 4) + channel + c] = {v[c], v[c + 1], v[c + 2], v[c + 3]};
            }
        }
    } else {
#pragma unroll 1
        for (int i = threadIdx.x; i < ROWS * D; i += THREADS) {
            int row = i / D, channel = i % D;
            bool valid = first + row < head.tokens && channel < head.size;
            const T* from = head.data + (i64) (first + row) * head.stride + channel;
            tile[row * (D + 4) + channel] = valid ? to_f32(*from) : 0.0f;
        }
    }
}

// s[i][j] = a b^T of this thread's four rows of tile a and its COLUMNS rows of tile b.
template <int D, int GROUPS, int COLUMNS>
__device__ __forceinline__ void dot_rows(float (&s)[4][COLUMNS], const float* a, const float* b) {
    int r = threadIdx.x >> 3, c = threadIdx.x & 7;
#pragma unroll
    for (int i = 0; i < 4; i++) {
#pragma unroll
        for (int j = 0; j < COLUMNS; j++) s[i][j] = 0;
    }
#pragma unroll 1
    for (int k = 0; k < D; k += 4) {
        Four x[4], y[COLUMNS];
#pragma unroll
        for (int i = 0; i < 4; i++) x[i] = *(const Four*) &a[(r + i * GROUPS) * (D + 4) + k];
#pragma unroll
        for (int j = 0; j < COLUMNS; j++) y[j] = *(const Four*) &b[(c + j * 8) * (D + 4) + k];
#pragma unroll
        for (int i = 0; i < 4; i++) {
#pragma unroll
            for (int j = 0; j < COLUMNS; j++) {
                s[i][j] = fmaf(x[i].x, y[j].x, s[i][j]);
                s[i][j] = fmaf(x[i].y, y[j].y, s[i][j]);
                s[i][j] = fmaf(x[i].z, y[j].z, s[i][j]);
                s[i][j] = fmaf(x[i].w, y[j].w, s[i][j]);
            }
        }
    }
}

// A product of the rows' threads put down for the next one: weights[row][column], rows of COLUMNS * 8 + 8 values.
template <int GROUPS, int COLUMNS>
__device__ __forceinline__ void put_weights(float* weights, const float (&p)[4][COLUMNS]) {
    int r = threadIdx.x >> 3, c = threadIdx.x & 7;
#pragma unroll
    for (int i = 0; i < 4; i++) {
#pragma unroll
        for (int j = 0; j < COLUMNS; j++) weights[(r + i * GROUPS) * (COLUMNS * 8 + 8) + c + j * 8] = p[i][j];
    }
}

// sum[i][] += weights b of this thread's four rows of weights and its channels of tile b, which has COLUMNS * 8 rows.
template <int D, int GROUPS, int COLUMNS>
__device__ __forceinline__ void add_weighted(float (&sum)[4][D / 8], const float* weights, const float* b) {
    int r = threadIdx.x >> 3, c = threadIdx.x & 7;
#pragma unroll 1
    for (int k = 0; k < COLUMNS * 8; k += 4) {
        Four w[4];
#pragma unroll
        for (int i = 0; i < 4; i++) w[i] = *(const Four*) &weights[(r + i * GROUPS) * (COLUMNS * 8 + 8) + k];
#pragma unroll
        for (int e = 0; e < 4; e++) {
#pragma unroll
            for (int h = 0; h < D / 32; h++) {
                Four x = *(const Four*) &b[(k + e) * (D + 4) + h * 32 + c * 4];
#pragma unroll
                for (int i = 0; i < 4; i++) {
                    float weight = e == 0 ? w[i].x : e == 1 ? w[i].y : e == 2 ? w[i].z : w[i].w;
                    sum[i][h * 4] = fmaf(weight, x.x, sum[i][h * 4]);
                    sum[i][h * 4 + 1] = fmaf(weight, x.y, sum[i][h * 4 + 1]);
                    sum[i][h * 4 + 2] = fmaf(weight, x.z, sum[i][h * 4 + 2]);
                    sum[i][h * 4 + 3] = fmaf(weight, x.w, sum[i][h * 4 + 3]);
                }
            }
        }
    }
}

// This thread's part of a product, times factor[i], to rows first .. of a head.
template <typename T, int D, int GROUPS>
__device__ __forceinline__ void write_rows(const Head<T>& head, const float (&sum)[4][D / 8], const float (&factor)[4],
                                           int first) {
    int r = threadIdx.x >> 3, c = threadIdx.x & 7;
#pragma unroll
    for (int i = 0; i < 4; i++) {
        int row = first + r + i * GROUPS;
        if (row < head.tokens) {
#pragma unroll
            for (int h = 0; h < D / 32; h++) {
#pragma unroll
                for (int e = 0; e < 4; e++) {
                    int channel = h * 32 + c * 4 + e;
                    if (channel < head.size) {
                        head.data[(i64) row * head.stride + channel] = from_f32<T>(sum[i][h * 4 + e] * factor[i]);
                    }
                }
            }
        }
    }
}

// Over the eight threads of a group.
__device__ __forceinline__ float group_sum(float x) {
#pragma unroll
    for (int lane = 4; lane > 0; lane >>= 1) x += __shfl_xor_sync(0xffffffffu, x, lane);
    return x;
}
__device__ __forceinline__ float group_max(float x) {
#pragma unroll
    for (int lane = 4; lane > 0; lane >>= 1) x = fmaxf(x, __shfl_xor_sync(0xffffffffu, x, lane));
    return x;
}

// Attention, plain: y = softmax(q k^T / sqrt(d)) v for every head, in float32 or in 16 bits computed in float32. The
// kernels for tensor cores, with more about the algorithm, are in attention_sm80.cu.
//
// A block takes a tile of queries of one head and walks over the keys, a tile at a time. For each row it keeps the
// largest score so far (m), the sum of e^(s - m) (l, each thread its own keys') and the sum of e^(s - m) v; when m
// grows, both sums shrink by e^(m - m'). At the end y = sum / l and lse = m + log l. Exponents are powers of two: s
// log2(e) / sqrt(d) - m is one multiply-add, and the rounding of m is the same for a row's p, l and lse, so that it
// cancels.
//
// What limits it: multiply-adds, 2 D for each score, at 64 of them for each 8 reads of 16 bytes from shared memory.
#include "fathom.cuh"
#include "attention.cuh"
#include "attention_rows.cuh"

template <typename T, int D, int QUERIES, int KEYS>
__device__ __forceinline__ void attention(const T* qkv, T* y, float* lse, int tokens, int heads, int size,
                                          float scale) {
    constexpr int GROUPS = QUERIES / 4, THREADS = GROUPS * 8, COLUMNS = KEYS / 8;
    __shared__ alignas(16) float q[QUERIES * (D + 4)], k[KEYS * (D + 4)], v[KEYS * (D + 4)];
    __shared__ alignas(16) float weights[QUERIES * (KEYS + 8)];
    int r = threadIdx.x >> 3, c = threadIdx.x & 7;
    Place at = place_of_block(QUERIES, tokens, heads, size);
    Head<const T> from_k = head_of(qkv, at, 1, 3), from_v = head_of(qkv, at, 2, 3);
    load_rows<T, D, QUERIES, THREADS>(q, head_of(qkv, at, 0, 3), at.first);

    float sum[4][D / 8] = {}, l[4] = {}, m[4], scale2 = scale * LOG2_E;
#pragma unroll
    for (int i = 0; i < 4; i++) m[i] = LOWEST;
    for (int first = 0; first < tokens; first += KEYS) {
        __syncthreads();  // nobody reads the tile before any more
        load_rows<T, D, KEYS, THREADS>(k, from_k, first);
        load_rows<T, D, KEYS, THREADS>(v, from_v, first);
        __syncthreads();
        float s[4][COLUMNS];
        dot_rows<D, GROUPS, COLUMNS>(s, q, k);
#pragma unroll
        for (int i = 0; i < 4; i++) {
            float x = NO_KEY;
#pragma unroll
            for (int j = 0; j < COLUMNS; j++) {
                s[i][j] = first + c + j * 8 < tokens ? s[i][j] : NO_KEY;
                x = fmaxf(x, s[i][j]);
            }
            float higher = fmaxf(m[i], group_max(x) * scale2), shrink = exp2_fast(m[i] - higher);
            m[i] = higher;
            l[i] *= shrink;
#pragma unroll
            for (int j = 0; j < COLUMNS; j++) {
                s[i][j] = exp2_fast(fmaf(s[i][j], scale2, -higher));
                l[i] += s[i][j];
            }
#pragma unroll
            for (int e = 0; e < D / 8; e++) sum[i][e] *= shrink;
        }
        put_weights<GROUPS, COLUMNS>(weights, s);
        __syncthreads();
        add_weighted<D, GROUPS, COLUMNS>(sum, weights, v);
    }

    float inverse[4];
#pragma unroll
    for (int i = 0; i < 4; i++) {
        float all = group_sum(l[i]);
        int row = at.first + r + i * GROUPS;
        inverse[i] = 1.0f / all;
        if (c == 0 && row < tokens) lse[(i64) at.pair * tokens + row] = (m[i] + log2f(all)) * LN_2;
    }
    write_rows<T, D, GROUPS>(head_of(y, at, 0, 1), sum, inverse, at.first);
}

// qkv [N, T, 3C], y [N, T, C], lse [N, heads, T]; d = size <= D; scale = 1 / sqrt(d). Blocks: N * heads * ceil(T /
// QUERIES), of 2 QUERIES threads.
#define ATTENTION(TYPE, T, D, QUERIES, KEYS)                                                               \
    extern "C" __global__ void __launch_bounds__(2 * QUERIES)                                              \
    attention##D##_##TYPE(const T* qkv, T* y, float* lse, int tokens, int heads, int size, float scale) {  \
        attention<T, D, QUERIES, KEYS>(qkv, y, lse, tokens, heads, size, scale);                           \
    }
#define ATTENTION_KERNELS(TYPE, T)  \
    ATTENTION(TYPE, T, 64, 64, 32)  \
    ATTENTION(TYPE, T, 128, 32, 16)
FOR_FLOAT_TYPES(ATTENTION_KERNELS)

// Gradient of attention, plain: float32, or 16 bits computed in float32. The formulas and the split into two kernels
// are explained in attention_backward_sm80.cu; here both are the same kernel seen from two sides. A block owns a tile
// of rows of one head and walks over tiles of columns:
//
//     dq      rows are queries, columns keys:  s = q k^T, dp = dy v^T, ds = p (dp - D);    dq += ds k
//     dkv     rows are keys, columns queries:  s = k q^T, dp = v dy^T, ds = p (dp - D);    dk += ds q, dv += p dy
#include "fathom.cuh"
#include "attention.cuh"
#include "attention_rows.cuh"

// dq, and (lse log2(e), D) of each row for the other kernel. y and dy [N, T, C], lse [N, heads, T], dqkv [N, T, 3C],
// terms [N, heads, padded T].
template <typename T, int D, int TILE>
__device__ __forceinline__ void gradient_of_queries(const T* qkv, const T* y, const float* lse, const T* dy, T* dqkv,
                                                    RowTerms* terms, int tokens, int heads, int size, float scale) {
    constexpr int GROUPS = TILE / 4, THREADS = GROUPS * 8, COLUMNS = TILE / 8;
    __shared__ alignas(16) float q[TILE * (D + 4)], g[TILE * (D + 4)], k[TILE * (D + 4)], v[TILE * (D + 4)];
    __shared__ alignas(16) float weights[TILE * (TILE + 8)];
    int r = threadIdx.x >> 3, c = threadIdx.x & 7;
    Place at = place_of_block(TILE, tokens, heads, size);
    Head<const T> from_k = head_of(qkv, at, 1, 3), from_v = head_of(qkv, at, 2, 3);
    load_rows<T, D, TILE, THREADS>(q, head_of(qkv, at, 0, 3), at.first);
    load_rows<T, D, TILE, THREADS>(g, head_of(dy, at, 0, 1), at.first);
    load_rows<T, D, TILE, THREADS>(k, head_of(y, at, 0, 1), at.first);  // y passes through k's place
    __syncthreads();

    float lse2[4], d[4];
#pragma unroll
    for (int i = 0; i < 4; i++) {
        float x = 0;
#pragma unroll
        for (int e = 0; e < D / 8; e++) {
            int place = (r + i * GROUPS) * (D + 4) + c + e * 8;
            x = fmaf(g[place], k[place], x);
        }
        int row = at.first + r + i * GROUPS;
        d[i] = group_sum(x);
        lse2[i] = row < tokens ? lse[(i64) at.pair * tokens + row] * LOG2_E : 0.0f;
        if (c == 0 && row < padded_rows(tokens)) terms[(i64) at.pair * padded_rows(tokens) + row] = {lse2[i], d[i]};
    }

    float dq[4][D / 8] = {}, scale2 = scale * LOG2_E;
    for (int first = 0; first < tokens; first += TILE) {
        __syncthreads();
        load_rows<T, D, TILE, THREADS>(k, from_k, first);
        load_rows<T, D, TILE, THREADS>(v, from_v, first);
        __syncthreads();
        float s[4][COLUMNS], dp[4][COLUMNS];
        dot_rows<D, GROUPS, COLUMNS>(s, q, k);
        dot_rows<D, GROUPS, COLUMNS>(dp, g, v);
#pragma unroll
        for (int i = 0; i < 4; i++) {
#pragma unroll
            for (int j = 0; j < COLUMNS; j++) {
                // A key that does not exist has s = 0, which lse knows nothing of: e^(0 - lse) may be infinite.
                float p = exp2_fast(fmaf(s[i][j], scale2, -lse2[i]));
                s[i][j] = first + c + j * 8 < tokens ? p * (dp[i][j] - d[i]) : 0.0f;
            }
        }
        put_weights<GROUPS, COLUMNS>(weights, s);
        __syncthreads();
        add_weighted<D, GROUPS, COLUMNS>(dq, weights, k);
    }
    const float factor[4] = {scale, scale, scale, scale};
    write_rows<T, D, GROUPS>(head_of(dqkv, at, 0, 3), dq, factor, at.first);
}

// dk and dv, after dq.
template <typename T, int D, int TILE>
__device__ __forceinline__ void gradient_of_keys(const T* qkv, const T* dy, const RowTerms* terms, T* dqkv, int tokens,
                                                 int heads, int size, float scale) {
    constexpr int GROUPS = TILE / 4, THREADS = GROUPS * 8, COLUMNS = TILE / 8;
    __shared__ alignas(16) float q[TILE * (D + 4)], g[TILE * (D + 4)], k[TILE * (D + 4)], v[TILE * (D + 4)];
    __shared__ alignas(16) float weights[2][TILE * (TILE + 8)];
    int c = threadIdx.x & 7;
    Place at = place_of_block(TILE, tokens, heads, size);
    Head<const T> from_q = head_of(qkv, at, 0, 3), from_g = head_of(dy, at, 0, 1);
    load_rows<T, D, TILE, THREADS>(k, head_of(qkv, at, 1, 3), at.first);
    load_rows<T, D, TILE, THREADS>(v, head_of(qkv, at, 2, 3), at.first);
    terms += (i64) at.pair * padded_rows(tokens);

    float dk[4][D / 8] = {}, dv[4][D / 8] = {}, scale2 = scale * LOG2_E;
    for (int first = 0; first < tokens; first += TILE) {
        __syncthreads();
        load_rows<T, D, TILE, THREADS>(q, from_q, first);
        load_rows<T, D, TILE, THREADS>(g, from_g, first);
        __syncthreads();
        float s[4][COLUMNS], dp[4][COLUMNS];
        dot_rows<D, GROUPS, COLUMNS>(s, k, q);
        dot_rows<D, GROUPS, COLUMNS>(dp, v, g);
#pragma unroll
        for (int j = 0; j < COLUMNS; j++) {
            // Queries that do not exist have q = dy = 0 and lse = D = 0: they add nothing.
            RowTerms of = terms[first + c + j * 8];
#pragma unroll
            for (int i = 0; i < 4; i++) {
                s[i][j] = exp2_fast(fmaf(s[i][j], scale2, -of.lse2));
                dp[i][j] = s[i][j] * (dp[i][j] - of.d);
            }
        }
        put_weights<GROUPS, COLUMNS>(weights[0], s);
        put_weights<GROUPS, COLUMNS>(weights[1], dp);
        __syncthreads();
        add_weighted<D, GROUPS, COLUMNS>(dv, weights[0], g);
        add_weighted<D, GROUPS, COLUMNS>(dk, weights[1], q);
    }
    const float plain[4] = {1.0f, 1.0f, 1.0f, 1.0f}, scaled[4] = {scale, scale, scale, scale};
    write_rows<T, D, GROUPS>(head_of(dqkv, at, 1, 3), dk, scaled, at.first);
    write_rows<T, D, GROUPS>(head_of(dqkv, at, 2, 3), dv, plain, at.first);
}

// Blocks: N * heads * ceil(T / TILE), of 2 TILE threads; d = size <= D; scale = 1 / sqrt(d).
#define ATTENTION_BACKWARD(TYPE, T, D, TILE)                                                                     \
    extern "C" __global__ void __launch_bounds__(2 * TILE)                                                       \
    attention_dq##D##_##TYPE(const T* qkv, const T* y, const float* lse, const T* dy, T* dqkv, RowTerms* terms,  \
                             int tokens, int heads, int size, float scale) {                                     \
        gradient_of_queries<T, D, TILE>(qkv, y, lse, dy, dqkv, terms, tokens, heads, size, scale);               \
    }                                                                                                            \
    extern "C" __global__ void __launch_bounds__(2 * TILE)                                                       \
    attention_dkv##D##_##TYPE(const T* qkv, const T* dy, const RowTerms* terms, T* dqkv, int tokens, int heads,  \
                              int size, float scale) {                                                           \
        gradient_of_keys<T, D, TILE>(qkv, dy, terms, dqkv, tokens, heads, size, scale);                          \
    }
#define ATTENTION_BACKWARD_KERNELS(TYPE, T)  \
    ATTENTION_BACKWARD(TYPE, T, 64, 32)      \
    ATTENTION_BACKWARD(TYPE, T, 128, 16)
FOR_FLOAT_TYPES(ATTENTION_BACKWARD_KERNELS)

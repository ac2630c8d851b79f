// Gradient of attention on tensor cores (compute capability 8.0 and up), f16 and bf16. The forward pass is
// attention_sm80.cu.
//
// With p_ij = e^(s_ij - lse_i), computed again tile by tile, and D_i = sum over c of dy_ic y_ic:
//
//     dv_j  = sum over i of p_ij dy_i          dp_ij = dy_i v_j          ds_ij = p_ij (dp_ij - D_i)
//     dq_i  = sum over j of ds_ij k_j / sqrt(d)                          dk_j  = sum over i of ds_ij q_i / sqrt(d)
//
// (Dao et al. 2022, appendix B). dq sums over keys, dk and dv over queries. One kernel for all three would have to add
// one of them up across blocks: with atomics, whose order changes from run to run, or through memory, [tiles][T][d]
// float32. Two kernels compute s and dp twice (7 products instead of 5), and everything else stays in registers, each
// sum in one fixed order:
//
//     1. queries: a block owns 64 * BLOCKS queries, walks over the keys, and writes dq, and (lse_i log2(e), D_i) for 2.
//     2. keys:    a block owns 64 keys, walks over the queries, and writes dk and dv. It computes s and dp transposed,
//                 keys down the rows, so that p^T and ds^T come out of the first products in the lanes that the second
//                 ones want them in.
//
// What is rounded: s, p, dp, D and all sums are float32; p and ds are rounded to 16 bits before they are multiplied. ds
// is small where gradients are (below 6e-8 an f16 is 0): that is what the GradScaler is for, as with every f16
// gradient.
//
// What limits it: kernel 1 has 6 D FLOP for each exponential, kernel 2 has 8 D, so it is the tensor cores, fed from
// shared memory: kernel 2 reads 256 bytes a product of 4,096 FLOP, which an H100 delivers for about three quarters of
// mma.sync's peak. (Warps of 32 keys would halve that, but need 64 * 4 registers for dk, dv, k and v alone.) 168
// registers let three blocks share a multiprocessor.
#include "fathom.cuh"
#include "tensor_core.cuh"
#include "attention.cuh"
#include "attention_tiles.cuh"

// 16 rows of a tile (at row) as A operands, the whole width.
template <int D> __device__ __forceinline__ void load_rows(u32 (&a)[D / 16][4], const void* tile, int row) {
    u32 at_lane = lane_offset<D>();
#pragma unroll
    for (int c = 0; c < D / 16; c++) ldmatrix(a[c], block_address<D>(shared_address(tile), at_lane, row, c));
}

// Kernel 1. y and dy [N, T, C], lse [N, heads, T], dqkv [N, T, 3C] (of which it writes dq), terms [N, heads, padded T].
template <typename T, int D, int BLOCKS, int KEYS>
__device__ __forceinline__ void gradient_of_queries(const T* qkv, const T* y, const float* lse, const T* dy, T* dqkv,
                                                    RowTerms* terms, int tokens, int heads, int size, float scale) {
    constexpr int QUERIES = 64 * BLOCKS, AT_ONCE = 16;
    static_assert(QUERIES <= 2 * KEYS, "dy and y pass through the two stages");
    __shared__ alignas(128) T stage[2][2][KEYS * D];  // two stages of k and v

    int lane = threadIdx.x & 31, warp = threadIdx.x >> 5, g = lane >> 2, t = lane & 3;
    Place place = place_of_block(QUERIES, tokens, heads, size);
    Head<const T> k = head_of(qkv, place, 1, 3), v = head_of(qkv, place, 2, 3);
    int first = place.first;

    load_tile<T, D, QUERIES, 128>(stage[0][0], head_of(dy, place, 0, 1), first);
    load_tile<T, D, QUERIES, 128>(stage[1][0], head_of(y, place, 0, 1), first);
    cp_async_commit();
    cp_async_wait<0>();
    __syncthreads();

    // D of rows g and g + 8: the four lanes that share a row hold all of dy and y of it.
    u32 aq[BLOCKS][D / 16][4], ag[BLOCKS][D / 16][4];
    float lse2[BLOCKS][2], d[BLOCKS][2];
#pragma unroll
    for (int b = 0; b < BLOCKS; b++) {
        u32 ay[D / 16][4];
        int row = (warp * BLOCKS + b) * 16;
        load_rows<D>(ag[b], stage[0][0], row);
        load_rows<D>(ay, stage[1][0], row);
#pragma unroll
        for (int r = 0; r < 2; r++) {
            float x = 0;
#pragma unroll
            for (int c = 0; c < D / 16; c++) {
#pragma unroll
                for (int e = r; e < 4; e += 2) {
                    x = fmaf(low_half<T>(ag[b][c][e]), low_half<T>(ay[c][e]), x);
                    x = fmaf(high_half<T>(ag[b][c][e]), high_half<T>(ay[c][e]), x);
                }
            }
            int at = first + row + r * 8 + g;
            d[b][r] = row_sum(x);
            lse2[b][r] = at < tokens ? lse[(i64) place.pair * tokens + at] * LOG2_E : 0.0f;
            if (t == 0 && at < padded_rows(tokens)) {
                terms[(i64) place.pair * padded_rows(tokens) + at] = {lse2[b][r], d[b][r]};
            }
        }
    }
    __syncthreads();
    load_tile<T, D, QUERIES, 128>(stage[1][0], head_of(qkv, place, 0, 3), first);
    cp_async_commit();
    load_tile<T, D, KEYS, 128>(stage[0][0], k, 0);
    load_tile<T, D, KEYS, 128>(stage[0][1], v, 0);
    cp_async_commit();
    cp_async_wait<1>();
    __syncthreads();
#pragma unroll
    for (int b = 0; b < BLOCKS; b++) load_rows<D>(aq[b], stage[1][0], (warp * BLOCKS + b) * 16);

    float dq[BLOCKS][D / 8][4] = {}, scale2 = scale * LOG2_E;
    u32 at_lane = lane_offset<D>();
    int tiles = (tokens + KEYS - 1) / KEYS;
    for (int j = 0; j < tiles; j++) {
        cp_async_wait<0>();
        __syncthreads();
        if (j + 1 < tiles) {
            load_tile<T, D, KEYS, 128>(stage[(j + 1) & 1][0], k, (j + 1) * KEYS);
            load_tile<T, D, KEYS, 128>(stage[(j + 1) & 1][1], v, (j + 1) * KEYS);
        }
        cp_async_commit();
        u32 tile_k = shared_address(stage[j & 1][0]), tile_v = shared_address(stage[j & 1][1]);
        bool last = (j + 1) * KEYS > tokens;
#pragma unroll 2
        for (int at = 0; at < KEYS; at += AT_ONCE) {
            float s[BLOCKS][2][4] = {}, dp[BLOCKS][2][4] = {};
#pragma unroll
            for (int c = 0; c < D / 16; c++) {
                u32 bk[4], bv[4];
                ldmatrix(bk, block_address<D>(tile_k, at_lane, at, c));
                ldmatrix(bv, block_address<D>(tile_v, at_lane, at, c));
#pragma unroll
                for (int b = 0; b < BLOCKS; b++) {
                    mma<T>(s[b][0], aq[b][c], bk[0], bk[2]);
                    mma<T>(s[b][1], aq[b][c], bk[1], bk[3]);
                    mma<T>(dp[b][0], ag[b][c], bv[0], bv[2]);
                    mma<T>(dp[b][1], ag[b][c], bv[1], bv[3]);
                }
            }
            u32 ads[BLOCKS][4];
            int left = last ? tokens - j * KEYS - at - 2 * t : AT_ONCE;
#pragma unroll
            for (int b = 0; b < BLOCKS; b++) {
#pragma unroll
                for (int e = 0; e < 4; e++) {
                    int r = e & 1, i = e >> 1;
                    float ds[2];
#pragma unroll
                    for (int x = 0; x < 2; x++) {
                        // A key that does not exist has s = 0, which lse knows nothing of: e^(0 - lse) may be infinite.
                        float p = exp2_fast(fmaf(s[b][i][2 * r + x], scale2, -lse2[b][r]));
                        ds[x] = i * 8 + x < left ? p * (dp[b][i][2 * r + x] - d[b][r]) : 0.0f;
                    }
                    ads[b][e] = pack2<T>(ds[0], ds[1]);
                }
            }
#pragma unroll
            for (int c = 0; c < D / 16; c++) {
                u32 bk[4];
                ldmatrix_trans(bk, block_address<D>(tile_k, at_lane, at, c));
#pragma unroll
                for (int b = 0; b < BLOCKS; b++) {
                    mma<T>(dq[b][2 * c], ads[b], bk[0], bk[1]);
                    mma<T>(dq[b][2 * c + 1], ads[b], bk[2], bk[3]);
                }
            }
        }
    }

    __syncthreads();
    float factor[BLOCKS][2];
#pragma unroll
    for (int b = 0; b < BLOCKS; b++) factor[b][0] = factor[b][1] = scale;
    store_rows<T, D, BLOCKS>(&stage[0][0][warp * (16 * BLOCKS) * D], dq, factor, head_of(dqkv, place, 0, 3),
                             first + warp * (16 * BLOCKS));
}

// Kernel 2, after kernel 1. Writes dk and dv.
template <typename T, int D>
__device__ __forceinline__ void gradient_of_keys(const T* qkv, const T* dy, const RowTerms* terms, T* dqkv, int tokens,
                                                 int heads, int size, float scale) {
    constexpr int KEYS = 64, QUERIES = 64;
    __shared__ alignas(128) T stage[2][2][QUERIES * D];  // two stages of q and dy
    __shared__ alignas(16) RowTerms row_terms[2][QUERIES];

    int lane = threadIdx.x & 31, warp = threadIdx.x >> 5, t = lane & 3;
    Place place = place_of_block(KEYS, tokens, heads, size);
    Head<const T> q = head_of(qkv, place, 0, 3), grad = head_of(dy, place, 0, 1);
    int first = place.first;
    terms += (i64) place.pair * padded_rows(tokens);

    load_tile<T, D, KEYS, 128>(stage[0][0], head_of(qkv, place, 1, 3), first);
    load_tile<T, D, KEYS, 128>(stage[1][0], head_of(qkv, place, 2, 3), first);
    cp_async_commit();
    cp_async_wait<0>();
    __syncthreads();
    u32 ak[D / 16][4], av[D / 16][4];
    load_rows<D>(ak, stage[0][0], warp * 16);
    load_rows<D>(av, stage[1][0], warp * 16);
    __syncthreads();

    auto fetch = [&](int i) {
        load_tile<T, D, QUERIES, 128>(stage[i & 1][0], q, i * QUERIES);
        load_tile<T, D, QUERIES, 128>(stage[i & 1][1], grad, i * QUERIES);
        if (threadIdx.x < QUERIES / 2) {
            cp_async16(shared_address(&row_terms[i & 1][threadIdx.x * 2]), terms + i * QUERIES + threadIdx.x * 2, true);
        }
    };
    float dk[1][D / 8][4] = {}, dv[1][D / 8][4] = {}, scale2 = scale * LOG2_E;
    u32 at_lane = lane_offset<D>();
    int tiles = (tokens + QUERIES - 1) / QUERIES;
    fetch(0);
    cp_async_commit();
    for (int j = 0; j < tiles; j++) {
        cp_async_wait<0>();
        __syncthreads();
        if (j + 1 < tiles) fetch(j + 1);
        cp_async_commit();
        u32 tile_q = shared_address(stage[j & 1][0]), tile_g = shared_address(stage[j & 1][1]);
        const RowTerms* row = row_terms[j & 1];
#pragma unroll 1
        for (int at = 0; at < QUERIES; at += 16) {
            // Keys down, queries across. Queries that do not exist have q = dy = 0 and lse = D = 0: they add nothing.
            float s[2][4] = {}, dp[2][4] = {};
#pragma unroll
            for (int c = 0; c < D / 16; c++) {
                u32 bq[4], bg[4];
                ldmatrix(bq, block_address<D>(tile_q, at_lane, at, c));
                ldmatrix(bg, block_address<D>(tile_g, at_lane, at, c));
                mma<T>(s[0], ak[c], bq[0], bq[2]);
                mma<T>(s[1], ak[c], bq[1], bq[3]);
                mma<T>(dp[0], av[c], bg[0], bg[2]);
                mma<T>(dp[1], av[c], bg[1], bg[3]);
            }
            u32 ap[4], ads[4];
#pragma unroll
            for (int i = 0; i < 2; i++) {
                TwoRows two = *(const TwoRows*) &row[at + i * 8 + 2 * t];
#pragma unroll
                for (int r = 0; r < 2; r++) {
                    float p0 = exp2_fast(fmaf(s[i][2 * r], scale2, -two.a.lse2));
                    float p1 = exp2_fast(fmaf(s[i][2 * r + 1], scale2, -two.b.lse2));
                    ap[2 * i + r] = pack2<T>(p0, p1);
                    ads[2 * i + r] = pack2<T>(p0 * (dp[i][2 * r] - two.a.d), p1 * (dp[i][2 * r + 1] - two.b.d));
                }
            }
#pragma unroll
            for (int c = 0; c < D / 16; c++) {
                u32 bg[4], bq[4];
                ldmatrix_trans(bg, block_address<D>(tile_g, at_lane, at, c));
                ldmatrix_trans(bq, block_address<D>(tile_q, at_lane, at, c));
                mma<T>(dv[0][2 * c], ap, bg[0], bg[1]);
                mma<T>(dv[0][2 * c + 1], ap, bg[2], bg[3]);
                mma<T>(dk[0][2 * c], ads, bq[0], bq[1]);
                mma<T>(dk[0][2 * c + 1], ads, bq[2], bq[3]);
            }
        }
    }

    __syncthreads();
    const float plain[1][2] = {{1.0f, 1.0f}}, scaled[1][2] = {{scale, scale}};
    T* mine = &stage[0][0][warp * 16 * D];
    store_rows<T, D, 1>(mine, dk, scaled, head_of(dqkv, place, 1, 3), first + warp * 16);
    __syncwarp();
    store_rows<T, D, 1>(mine, dv, plain, head_of(dqkv, place, 2, 3), first + warp * 16);
}

// 128 threads a block. Blocks: N * heads * ceil(T / (64 BLOCKS)) and N * heads * ceil(T / 64); d = size <= D; scale = 1
// / sqrt(d).
#define ATTENTION_BACKWARD(TYPE, T, D, BLOCKS, KEYS, RESIDENT_Q, RESIDENT_K)                                     \
    extern "C" __global__ void __launch_bounds__(128, RESIDENT_Q)                                                \
    attention_dq##D##_##TYPE(const T* qkv, const T* y, const float* lse, const T* dy, T* dqkv, RowTerms* terms,  \
                             int tokens, int heads, int size, float scale) {                                     \
        gradient_of_queries<T, D, BLOCKS, KEYS>(qkv, y, lse, dy, dqkv, terms, tokens, heads, size, scale);       \
    }                                                                                                            \
    extern "C" __global__ void __launch_bounds__(128, RESIDENT_K)                                                \
    attention_dkv##D##_##TYPE(const T* qkv, const T* dy, const RowTerms* terms, T* dqkv, int tokens, int heads,  \
                              int size, float scale) {                                                           \
        gradient_of_keys<T, D>(qkv, dy, terms, dqkv, tokens, heads, size, scale);                                \
    }
#define ATTENTION_BACKWARD_KERNELS(TYPE, T)  \
    ATTENTION_BACKWARD(TYPE, T, 64, 2, 64, 2, 3)
ATTENTION_BACKWARD_KERNELS(f16, f16)
ATTENTION_BACKWARD_KERNELS(bf16, bf16)

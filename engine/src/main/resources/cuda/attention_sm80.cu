// Attention on tensor cores (compute capability 8.0 and up): y = softmax(q k^T / sqrt(d)) v for every head, f16 and
// bf16.
//
// The T x T scores never exist (Milakov, Gimelshein 2018; Dao et al. 2022, 2023). A block takes 64 * BLOCKS queries of
// one head, keeps q and the growing y in registers, and walks over the keys in tiles of KEYS that all its warps share:
//
//            q [queries][D]           for every tile of keys:
//          .-----------------.            s  = q k^T                       tensor cores, 16-bit in, float32 out
//   warp 0 | 16 BLOCKS rows  |            m' = max(m, the rows' maximum of s)
//   warp 1 |                 |            p  = e^(s - m')                  rounded to 16 bits
//   warp 2 |                 |            l  = l e^(m - m') + the rows' sum of p
//   warp 3 |                 |            y  = y e^(m - m') + p v          tensor cores
//          '-----------------'          at the end:
//            x  k, v [KEYS][D]            y / l, and lse = m + log l for the gradient
//          .-----------.-----------.
//          | tile j    | tile j + 1|    shared memory: tile j is multiplied while tile j + 1 is on its way
//          '-----------'-----------'
//
// All exponents are in powers of two: s * log2(e) / sqrt(d) - m is one multiply-add, 2^x one instruction.
//
// What is rounded: the inputs are 16-bit; scores, sums and y are float32; p is rounded to 16 bits for the second
// product (l adds up the unrounded ones), y once at the end. So y is within about u max|v| of the exact function of the
// same inputs for the rounding of p (p sums to 1, each with a relative error of at most u = 2^-11 for f16, 2^-8 for
// bf16), and u |y| for its own.
//
// What limits it. For each score: 4 D FLOP on the tensor cores and one 2^x, plus about four plain float32 instructions.
// A multiprocessor of an H100 or H200 does about 2,700 FLOP (mma.sync; wgmma would do 4,096) and 16 exponentials a
// clock, so for D = 64 that is 0.095 and 0.063 clocks, by count, not measured: the two nearly balance, and what counts
// is that some warps are in one phase while others are in the other. So two or more blocks share a multiprocessor (at
// most 255 registers a thread, 32 KiB of shared memory a block), and y is multiplied by e^(m - m') only when a row's
// maximum has grown by more than 2^8 since the last time (LAZY below; p may then be up to 2^8): for most data once or
// twice a row instead of once a tile. Each fragment of k and v that ldmatrix brings serves BLOCKS products: with one,
// 256 bytes a product of 4,096 FLOP, shared memory (128 bytes a clock) would be the limit; with two it is not.
#include "fathom.cuh"
#include "tensor_core.cuh"
#include "attention.cuh"
#include "attention_tiles.cuh"

constexpr float LAZY = 8.0f;

// BLOCKS: blocks of 16 queries a warp. SPLIT: into how many parts the keys of a tile are divided, each for four warps
// of its own; their sums meet at the end, in a fixed order. Where a picture has few queries, SPLIT keeps more of the
// chip busy.
template <typename T, int D, int BLOCKS, int SPLIT, int KEYS>
__device__ __forceinline__ void attention(const T* qkv, T* y, float* lse, int tokens, int heads, int size,
                                          float scale) {
    constexpr int THREADS = 128 * SPLIT, QUERIES = 64 * BLOCKS, MINE = KEYS / SPLIT;
    static_assert(QUERIES <= 2 * KEYS, "the queries pass through the second stage");
    __shared__ alignas(128) T stage[2][2][KEYS * D];  // two stages of k and v

    int lane = threadIdx.x & 31, warp = threadIdx.x >> 5 & 3, part = threadIdx.x >> 7;
    int g = lane >> 2, t = lane & 3;
    Place at = place_of_block(QUERIES, tokens, heads, size);
    Head<const T> k = head_of(qkv, at, 1, 3), v = head_of(qkv, at, 2, 3);

    load_tile<T, D, QUERIES, THREADS>(stage[1][0], head_of(qkv, at, 0, 3), at.first);
    cp_async_commit();
    load_tile<T, D, KEYS, THREADS>(stage[0][0], k, 0);
    load_tile<T, D, KEYS, THREADS>(stage[0][1], v, 0);
    cp_async_commit();

    u32 at_lane = lane_offset<D>();
    u32 aq[BLOCKS][D / 16][4];
    cp_async_wait<1>();
    __syncthreads();
#pragma unroll
    for (int b = 0; b < BLOCKS; b++) {
#pragma unroll
        for (int c = 0; c < D / 16; c++) {
            ldmatrix(aq[b][c], block_address<D>(shared_address(stage[1][0]), at_lane, (warp * BLOCKS + b) * 16, c));
        }
    }

    float sum[BLOCKS][D / 8][4] = {};  // y, not yet divided by l
    float l[BLOCKS][2] = {}, m[BLOCKS][2];  // of rows g and g + 8; l of this lane's keys only; m in powers of two
#pragma unroll
    for (int b = 0; b < BLOCKS; b++) m[b][0] = m[b][1] = LOWEST;
    float scale2 = scale * LOG2_E;

    int tiles = (tokens + KEYS - 1) / KEYS;
    for (int j = 0; j < tiles; j++) {
        cp_async_wait<0>();
        __syncthreads();  // tile j is here for all, and nobody reads the other stage any more
        if (j + 1 < tiles) {
            load_tile<T, D, KEYS, THREADS>(stage[(j + 1) & 1][0], k, (j + 1) * KEYS);
            load_tile<T, D, KEYS, THREADS>(stage[(j + 1) & 1][1], v, (j + 1) * KEYS);
        }
        cp_async_commit();
        u32 tile_k = shared_address(stage[j & 1][0]) + part * (MINE * D * 2);
        u32 tile_v = shared_address(stage[j & 1][1]) + part * (MINE * D * 2);

        float s[BLOCKS][MINE / 8][4] = {};
#pragma unroll
        for (int c = 0; c < D / 16; c++) {
#pragma unroll
            for (int i = 0; i < MINE / 16; i++) {
                u32 bk[4];
                ldmatrix(bk, block_address<D>(tile_k, at_lane, i * 16, c));
#pragma unroll
                for (int b = 0; b < BLOCKS; b++) {
                    mma<T>(s[b][2 * i], aq[b][c], bk[0], bk[2]);
                    mma<T>(s[b][2 * i + 1], aq[b][c], bk[1], bk[3]);
                }
            }
        }
        if ((j + 1) * KEYS > tokens) {
            int left = tokens - j * KEYS - part * MINE - 2 * t;
#pragma unroll
            for (int b = 0; b < BLOCKS; b++) {
#pragma unroll
                for (int i = 0; i < MINE / 8; i++) {
#pragma unroll
                    for (int e = 0; e < 4; e++) s[b][i][e] = i * 8 + (e & 1) < left ? s[b][i][e] : NO_KEY;
                }
            }
        }

        float higher[BLOCKS][2];
        bool grown = false;
#pragma unroll
        for (int b = 0; b < BLOCKS; b++) {
#pragma unroll
            for (int r = 0; r < 2; r++) {
                float x = fmaxf(s[b][0][2 * r], s[b][0][2 * r + 1]);
#pragma unroll
                for (int i = 1; i < MINE / 8; i++) x = fmaxf(x, fmaxf(s[b][i][2 * r], s[b][i][2 * r + 1]));
                higher[b][r] = fmaxf(m[b][r], row_max(x) * scale2);
                grown |= higher[b][r] - m[b][r] > LAZY;
            }
        }
        if (__any_sync(0xffffffffu, grown)) {
#pragma unroll
            for (int b = 0; b < BLOCKS; b++) {
#pragma unroll
                for (int r = 0; r < 2; r++) {
                    float shrink = exp2_fast(m[b][r] - higher[b][r]);
                    m[b][r] = higher[b][r];
                    l[b][r] *= shrink;
#pragma unroll
                    for (int i = 0; i < D / 8; i++) {
                        sum[b][i][2 * r] *= shrink;
                        sum[b][i][2 * r + 1] *= shrink;
                    }
                }
            }
        }

#pragma unroll
        for (int i = 0; i < MINE / 16; i++) {
            u32 ap[BLOCKS][4];
#pragma unroll
            for (int b = 0; b < BLOCKS; b++) {
#pragma unroll
                for (int e = 0; e < 4; e++) {  // A block registers: rows g, g + 8 of the left half, then of the right
                    int r = e & 1;
                    float* two = &s[b][2 * i + (e >> 1)][2 * r];
                    float p0 = exp2_fast(fmaf(two[0], scale2, -m[b][r]));
                    float p1 = exp2_fast(fmaf(two[1], scale2, -m[b][r]));
                    l[b][r] += p0 + p1;
                    ap[b][e] = pack2<T>(p0, p1);
                }
            }
#pragma unroll
            for (int c = 0; c < D / 16; c++) {
                u32 bv[4];
                ldmatrix_trans(bv, block_address<D>(tile_v, at_lane, i * 16, c));
#pragma unroll
                for (int b = 0; b < BLOCKS; b++) {
                    mma<T>(sum[b][2 * c], ap[b], bv[0], bv[1]);
                    mma<T>(sum[b][2 * c + 1], ap[b], bv[2], bv[3]);
                }
            }
        }
    }

#pragma unroll
    for (int b = 0; b < BLOCKS; b++) {
#pragma unroll
        for (int r = 0; r < 2; r++) l[b][r] = row_sum(l[b][r]);
    }
    __syncthreads();  // the stages are free
    if constexpr (SPLIT == 2) {
        // Part 1 hands its sums to part 0, value i of all lanes side by side.
        constexpr int VALUES = BLOCKS * (D / 2);
        static_assert(128 * 4 * (VALUES + 4 * BLOCKS) <= sizeof(stage), "sums and their scales fit into the stages");
        float* meet = (float*) stage + (threadIdx.x & 127);
        if (part == 1) {
#pragma unroll
            for (int b = 0; b < BLOCKS; b++) {
#pragma unroll
                for (int i = 0; i < D / 2; i++) meet[(b * (D / 2) + i) * 128] = sum[b][i / 4][i % 4];
#pragma unroll
                for (int r = 0; r < 2; r++) {
                    meet[(VALUES + 4 * b + r) * 128] = l[b][r];
                    meet[(VALUES + 4 * b + 2 + r) * 128] = m[b][r];
                }
            }
        }
        __syncthreads();
        if (part == 0) {
#pragma unroll
            for (int b = 0; b < BLOCKS; b++) {
                float mine[2], other[2];
#pragma unroll
                for (int r = 0; r < 2; r++) {
                    float m1 = meet[(VALUES + 4 * b + 2 + r) * 128], higher = fmaxf(m[b][r], m1);
                    mine[r] = exp2_fast(m[b][r] - higher);
                    other[r] = exp2_fast(m1 - higher);
                    m[b][r] = higher;
                    l[b][r] = l[b][r] * mine[r] + meet[(VALUES + 4 * b + r) * 128] * other[r];
                }
#pragma unroll
                for (int i = 0; i < D / 2; i++) {
                    float x = meet[(b * (D / 2) + i) * 128];
                    float* to = &sum[b][i / 4][i % 4];
                    *to = *to * mine[i / 2 % 2] + x * other[i / 2 % 2];
                }
            }
        }
        __syncthreads();
        if (part == 1) return;
    }

    float inverse[BLOCKS][2];
    int mine = at.first + warp * (16 * BLOCKS);
#pragma unroll
    for (int b = 0; b < BLOCKS; b++) {
#pragma unroll
        for (int r = 0; r < 2; r++) {
            inverse[b][r] = 1.0f / l[b][r];
            int row = mine + b * 16 + r * 8 + g;
            if (t == 0 && row < tokens) lse[(i64) at.pair * tokens + row] = (m[b][r] + log2f(l[b][r])) * LN_2;
        }
    }
    store_rows<T, D, BLOCKS>(&stage[0][0][warp * (16 * BLOCKS) * D], sum, inverse,
                             head_of(y, at, 0, 1), mine);
}

// qkv [N, T, 3C], y [N, T, C], lse [N, heads, T]; d = size <= D. Blocks: N * heads * ceil(T / queries a block), 128 *
// SPLIT threads. scale = 1 / sqrt(d).
#define ATTENTION(NAME, TYPE, T, D, BLOCKS, SPLIT, KEYS, RESIDENT)                                 \
    extern "C" __global__ void __launch_bounds__(128 * SPLIT, RESIDENT)                            \
    NAME##_##TYPE(const T* qkv, T* y, float* lse, int tokens, int heads, int size, float scale) {  \
        attention<T, D, BLOCKS, SPLIT, KEYS>(qkv, y, lse, tokens, heads, size, scale);             \
    }
#define ATTENTION_KERNELS(TYPE, T)                    \
    ATTENTION(attention64, TYPE, T, 64, 2, 1, 64, 2)  \
    ATTENTION(attention64_few, TYPE, T, 64, 1, 2, 64, 2)
ATTENTION_KERNELS(f16, f16)
ATTENTION_KERNELS(bf16, bf16)

// Products of half matrices on tensor cores.
//
//   gemm_nt: A [M,K] by B [N,K] transposed (a linear layer: x by its weight)
//   gemm_nn: A [M,K] by B [K,N]            (the gradient of a linear layer by its input)
//     with everything that follows them: y = residual + gamma gelu(A B + bias), see epilogue.cuh
//   gemm_sums: A [K,M] transposed by B [K,N] (the gradient by the weight): float32 sums, over a part of K for each
//     blockIdx.z, because K is long here and the result small; sum_parts of gemm.cu adds the parts up in order
//
// All row-major and dense. M, N, K are any; operands whose lines do not start at multiples of 16 bytes are copied
// element by element. blockIdx.x counts tiles, those of one row of tiles first, so that blocks that run at the same time
// share rows of A; blockIdx.y is the matrix of a batch.
#include "fathom.cuh"
#include "tensor_core.cuh"
#include "epilogue.cuh"
#include "mma_tiles.cuh"

template <typename C, Lines B_LINES, typename T>
__device__ __forceinline__ void gemm(const T* a, const T* b, Epilogue<T> e, i64 stride_a, i64 stride_b, int m, int n, int k) {
    __shared__ alignas(16) unsigned char shared[C::BYTES];
    i64 batch = blockIdx.y;
    a += batch * stride_a;
    b += batch * stride_b;
    i64 offset_y = batch * m * n;
    e.shift(offset_y);
    int tiles_n = (n + C::BN - 1) / C::BN;
    int tile_m = blockIdx.x / tiles_n;
    int row0 = tile_m * C::BM, column0 = (blockIdx.x - tile_m * tiles_n) * C::BN;
    float sums[C::WM / 16][C::WN / 8][4];
    int slices = (k + C::BK - 1) / C::BK;
    LoadK<T, C::BM, C::BK, C::THREADS> load_a(a, row0, m, k);
    if constexpr (B_LINES == K_LINES) {
        LoadK<T, C::BN, C::BK, C::THREADS> load_b(b, column0, n, k);
        multiply<T, C, K_LINES, K_LINES, NEITHER>(shared_address(shared), load_a, load_b, slices, 0, sums);
    } else {
        LoadX<T, C::BN, C::BK, C::THREADS> load_b(b, column0, n, k);
        multiply<T, C, K_LINES, X_LINES, NEITHER>(shared_address(shared), load_a, load_b, slices, 0, sums);
    }
    finish_tile<C>((float*) shared, sums, row0, column0, m, n, e, Dense {n});
}

#define GEMM(FORM, TILE, TILE_NAME, B_LINES, SUFFIX, T)                                                                  \
    extern "C" __global__ void __launch_bounds__(TILE::THREADS, TILE::BLOCKS) gemm_##FORM##_##TILE_NAME##_##SUFFIX(                    \
        const T* a, const T* b, const float* bias, const float* gamma, const void* residual, T* before, void* y,         \
        i64 stride_a, i64 stride_b, int m, int n, int k, int wide, int function) {                                       \
        gemm<TILE, B_LINES, T>(a, b, {bias, gamma, residual, nullptr, before, y, wide, function, 1.0f}, stride_a,        \
                               stride_b, m, n, k);                                                                       \
    }

// y [gridDim.z, gridDim.y, M, N]: the sums over k in [part z, part (z + 1)).
#define GEMM_SUMS(TILE, TILE_NAME, SUFFIX, T)                                                                            \
    extern "C" __global__ void __launch_bounds__(TILE::THREADS, TILE::BLOCKS) gemm_sums_##TILE_NAME##_##SUFFIX(                        \
        const T* a, const T* b, float* y, i64 stride_a, i64 stride_b, int m, int n, int k, int part) {                   \
        __shared__ alignas(16) unsigned char shared[TILE::BYTES];                                                        \
        int from = blockIdx.z * part, depth = min(part, k - from);                                                       \
        a += blockIdx.y * stride_a + (i64) from * m;                                                                     \
        b += blockIdx.y * stride_b + (i64) from * n;                                                                     \
        y += ((i64) blockIdx.z * gridDim.y + blockIdx.y) * m * n;                                                        \
        int tiles_n = (n + TILE::BN - 1) / TILE::BN;                                                                     \
        int tile_m = blockIdx.x / tiles_n;                                                                               \
        int row0 = tile_m * TILE::BM, column0 = (blockIdx.x - tile_m * tiles_n) * TILE::BN;                              \
        LoadX<T, TILE::BM, TILE::BK, TILE::THREADS> load_a(a, row0, m, depth);                                           \
        LoadX<T, TILE::BN, TILE::BK, TILE::THREADS> load_b(b, column0, n, depth);                                        \
        float sums[TILE::WM / 16][TILE::WN / 8][4];                                                                      \
        multiply<T, TILE, X_LINES, X_LINES, NEITHER>(shared_address(shared), load_a, load_b,                             \
                                                     (depth + TILE::BK - 1) / TILE::BK, 0, sums);                        \
        finish_tile<TILE>((float*) shared, sums, row0, column0, m, n, sums_only<T>(y), Dense {n});                       \
    }

#define GEMMS(SUFFIX, T)                         \
    GEMM(nt, Large, large, K_LINES, SUFFIX, T)   \
    GEMM(nt, Small, small, K_LINES, SUFFIX, T)   \
    GEMM(nn, Large, large, X_LINES, SUFFIX, T)   \
    GEMM(nn, Small, small, X_LINES, SUFFIX, T)   \
    GEMM_SUMS(Large, large, SUFFIX, T)           \
    GEMM_SUMS(Small, small, SUFFIX, T)
GEMMS(f16, f16)
GEMMS(bf16, bf16)

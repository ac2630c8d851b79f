// Products of half matrices on tensor cores, with everything that follows them: y = residual + gamma act(A B + bias).
//
//   gemm_nt: A [M,K] by B [N,K] transposed (a linear layer: x by its weight)
//   gemm_nn: A [M,K] by B [K,N]            (the gradient of a linear layer by its input)
//   gemm_tn: A [K,M] transposed by B [K,N] (the gradient by its weight)
//
// All row-major and dense. M, N, K are any; operands whose lines do not start at multiples of 16 bytes are copied
// element by element. blockIdx.x counts tiles, those of one row of tiles first, so that blocks that run at the same time
// share rows of A; blockIdx.y is the matrix of a batch.
#include "fathom.cuh"
#include "tensor_core.cuh"
#include "epilogue.cuh"
#include "mma_tiles.cuh"

template <typename T, typename C, Lines A_LINES, Lines B_LINES>
__device__ __forceinline__ void gemm(const T* a, const T* b, Epilogue<T> e, i64 stride_a, i64 stride_b, int m, int n, int k) {
    __shared__ alignas(16) unsigned char shared[C::BYTES];
    i64 batch = blockIdx.y;
    a += batch * stride_a;
    b += batch * stride_b;
    i64 offset_y = batch * m * n;
    e.y += offset_y;
    if (e.before) e.before += offset_y;
    if (e.residual) e.residual += offset_y;
    int tiles_n = (n + C::BN - 1) / C::BN;
    int tile_m = blockIdx.x / tiles_n;
    int row0 = tile_m * C::BM, column0 = (blockIdx.x - tile_m * tiles_n) * C::BN;
    float sums[C::WM / 16][C::WN / 8][4];
    int slices = (k + C::BK - 1) / C::BK;
    if constexpr (A_LINES == K_LINES && B_LINES == K_LINES) {
        LoadK<T, C::BM, C::BK, C::THREADS> load_a(a, row0, m, k);
        LoadK<T, C::BN, C::BK, C::THREADS> load_b(b, column0, n, k);
        multiply<T, C, A_LINES, B_LINES, false>(shared_address(shared), load_a, load_b, slices, 0, sums);
    } else if constexpr (A_LINES == K_LINES) {
        LoadK<T, C::BM, C::BK, C::THREADS> load_a(a, row0, m, k);
        LoadX<T, C::BN, C::BK, C::THREADS> load_b(b, column0, n, k);
        multiply<T, C, A_LINES, B_LINES, false>(shared_address(shared), load_a, load_b, slices, 0, sums);
    } else {
        LoadX<T, C::BM, C::BK, C::THREADS> load_a(a, row0, m, k);
        LoadX<T, C::BN, C::BK, C::THREADS> load_b(b, column0, n, k);
        multiply<T, C, A_LINES, B_LINES, false>(shared_address(shared), load_a, load_b, slices, 0, sums);
    }
    finish_tile<T, C>((float*) shared, sums, row0, column0, m, n, e, Dense {n});
}

#define GEMM(FORM, TILE, TILE_NAME, A_LINES, B_LINES, SUFFIX, T)                                                        \
    extern "C" __global__ void __launch_bounds__(TILE::THREADS) gemm_##FORM##_##TILE_NAME##_##SUFFIX(                   \
        const T* a, const T* b, const T* bias, const T* gamma, const T* residual, T* before, T* y, i64 stride_a,        \
        i64 stride_b, int m, int n, int k, int activation) {                                                            \
        gemm<T, TILE, A_LINES, B_LINES>(a, b, {bias, gamma, residual, before, y, activation}, stride_a, stride_b, m, n, k); \
    }
#define GEMMS(SUFFIX, T)                                       \
    GEMM(nt, Large, large, K_LINES, K_LINES, SUFFIX, T)        \
    GEMM(nt, Small, small, K_LINES, K_LINES, SUFFIX, T)        \
    GEMM(nn, Large, large, K_LINES, X_LINES, SUFFIX, T)        \
    GEMM(nn, Small, small, K_LINES, X_LINES, SUFFIX, T)        \
    GEMM(tn, Large, large, X_LINES, X_LINES, SUFFIX, T)        \
    GEMM(tn, Small, small, X_LINES, X_LINES, SUFFIX, T)
GEMMS(f16, f16)
GEMMS(bf16, bf16)

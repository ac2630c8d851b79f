// Convolutions of half pictures on tensor cores: products whose left operand is gathered while it is loaded.
//
// Picture x [N,H,W,C], weight [O,kh,kw,C], result y [N,H',W',O]. Row p of the left operand is the window of result pixel
// p = (n H' + r) W' + c, column (i kw + j) C + q of it is channel q of its place (i, j). The right operand is the weight as
// it lies: [O, kh kw C].
//
//   conv:            y = last(conv(relu?(x), weight) + bias + residuals), see epilogue.cuh
//   conv_transpose:  the transposed convolution whose stride is its kernel: [pixels, I] by the weight [I, kh kw O], each row of
//                    the product one window of the result
//
// ReLU of the input happens in registers, between shared memory and the tensor cores.
#include "fathom.cuh"
#include "tensor_core.cuh"
#include "epilogue.cuh"
#include "mma_tiles.cuh"
#include "windows.cuh"
#include "windows_sm80.cuh"

template <typename C, typename T>
__device__ __forceinline__ void conv(const T* x, const T* weight, const Epilogue<T>& e, const Geometry& g, int outputs,
                                     bool relu_input) {
    __shared__ alignas(16) unsigned char shared[C::BYTES];
    int tiles_n = (outputs + C::BN - 1) / C::BN;
    int tile_m = blockIdx.x / tiles_n;
    int row0 = tile_m * C::BM, column0 = (blockIdx.x - tile_m * tiles_n) * C::BN;
    int depth = g.taps() * g.channels;
    LoadWindows<ForwardWindow<T>, T, C::BM, C::BK, C::THREADS> load_a(x, g, g.channels, row0);
    LoadK<T, C::BN, C::BK, C::THREADS> load_b(weight, column0, outputs, depth);
    float sums[C::WM / 16][C::WN / 8][4];
    multiply<T, C, K_LINES, K_LINES, OF_A>(shared_address(shared), load_a, load_b, (depth + C::BK - 1) / C::BK,
                                           relu_input ? 0 : minus_infinity(T()), sums);
    finish_tile<C>((float*) shared, sums, row0, column0, g.results(), outputs, e, Dense {outputs});
}

#define CONV(TILE, TILE_NAME, SUFFIX, T)                                                                                 \
    extern "C" __global__ void __launch_bounds__(TILE::THREADS, TILE::BLOCKS) conv_##TILE_NAME##_##SUFFIX(                             \
        const T* x, const T* weight, const float* bias, const T* residual, const T* residual2, void* y, Geometry g,      \
        int outputs, int relu_input, int wide, int function, float scale) {                                              \
        conv<TILE, T>(x, weight, {bias, nullptr, residual, residual2, nullptr, y, wide, function, scale}, g, outputs,       \
                      relu_input);                                                                                       \
    }

// x [pixels, I] with pixels in the order of [N,H,W], weight [I, kh kw O]: y [N, kh H, kw W, O].
#define CONV_TRANSPOSE(SUFFIX, T)                                                                                        \
    extern "C" __global__ void __launch_bounds__(Small::THREADS, Small::BLOCKS) conv_transpose_##SUFFIX(                                \
        const T* x, const T* weight, const float* bias, T* y, int pixels, int height, int width, int inputs, int kh,     \
        int kw, int outputs) {                                                                                           \
        __shared__ alignas(16) unsigned char shared[Small::BYTES];                                                       \
        int columns = kh * kw * outputs;                                                                                 \
        int tiles_n = (columns + Small::BN - 1) / Small::BN;                                                             \
        int tile_m = blockIdx.x / tiles_n;                                                                               \
        int row0 = tile_m * Small::BM, column0 = (blockIdx.x - tile_m * tiles_n) * Small::BN;                            \
        LoadK<T, Small::BM, Small::BK, Small::THREADS> load_a(x, row0, pixels, inputs);                                  \
        LoadX<T, Small::BN, Small::BK, Small::THREADS> load_b(weight, column0, columns, inputs);                         \
        float sums[Small::WM / 16][Small::WN / 8][4];                                                                    \
        multiply<T, Small, K_LINES, X_LINES, NEITHER>(shared_address(shared), load_a, load_b,                            \
                                                      (inputs + Small::BK - 1) / Small::BK, 0, sums);                    \
        Epilogue<T> e = {bias, nullptr, nullptr, nullptr, nullptr, y, 0, LINEAR, 1.0f};                                     \
        finish_tile<Small>((float*) shared, sums, row0, column0, pixels, columns, e,                                     \
                           Windows {height, width, kh, kw, outputs});                                                    \
    }

#define CONVS(SUFFIX, T)            \
    CONV(Large, large, SUFFIX, T)   \
    CONV(Small, small, SUFFIX, T)   \
    CONV(Narrow, narrow, SUFFIX, T) \
    CONV_TRANSPOSE(SUFFIX, T)
CONVS(f16, f16)
CONVS(bf16, bf16)

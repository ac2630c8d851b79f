// Convolutions in float32 arithmetic: products whose left operand is gathered while it is loaded (see windows.cuh).
//
// Picture x [N,H,W,C], weight [O,kh,kw,C], result y [N,H',W',O], stored as float32, float16 or bfloat16:
//
//   conv:            y = last(conv(relu?(x), weight) + bias + residuals), see epilogue.cuh
//   conv_transpose:  the transposed convolution whose stride is its kernel
//   conv_dot:        1x1 convolutions to few channels
#include "fathom.cuh"
#include "epilogue.cuh"
#include "f32_tiles.cuh"
#include "windows.cuh"
#include "windows_f32.cuh"

template <typename C, typename T>
__device__ __forceinline__ void conv(const T* x, const T* weight, const Epilogue<T>& e, const Geometry& g, int outputs,
                                     bool relu_input) {
    __shared__ alignas(16) float shared[C::FLOATS];
    int tiles_n = (outputs + C::BN - 1) / C::BN;
    int tile_m = blockIdx.x / tiles_n;
    int row0 = tile_m * C::BM, column0 = (blockIdx.x - tile_m * tiles_n) * C::BN;
    int depth = g.taps() * g.channels;
    LoadWindows<ForwardWindow<T>, T, C::BM> load_a(x, g, g.channels, row0, relu_input);
    LoadMatrix<T, C::BN> load_b(weight, column0, outputs, depth, 0, depth, false);
    float sums[C::TM][C::TN];
    multiply<C>(shared, load_a, load_b, (depth + C::BK - 1) / C::BK, sums);
    finish_tile<C>(shared, sums, row0, column0, g.results(), outputs, e, Dense {outputs});
}

#define CONV(TILE, TILE_NAME, SUFFIX, T)                                                                                 \
    extern "C" __global__ void __launch_bounds__(256, TILE::BLOCKS) conv_##TILE_NAME##_##SUFFIX(                         \
        const T* x, const T* weight, const float* bias, const T* residual, const T* residual2, void* y, Geometry g,      \
        int outputs, int relu_input, int wide, int function, float scale) {                                              \
        conv<TILE, T>(x, weight, {bias, nullptr, residual, residual2, nullptr, y, wide, function, scale}, g, outputs,       \
                      relu_input);                                                                                       \
    }

// x [pixels, I] with pixels in the order of [N,H,W], weight [I, kh kw O]: y [N, kh H, kw W, O].
#define CONV_TRANSPOSE(SUFFIX, T)                                                                                        \
    extern "C" __global__ void __launch_bounds__(256, Small::BLOCKS) conv_transpose_##SUFFIX(                            \
        const T* x, const T* weight, const float* bias, T* y, int pixels, int height, int width, int inputs, int kh,     \
        int kw, int outputs) {                                                                                           \
        __shared__ alignas(16) float shared[Small::FLOATS];                                                              \
        int columns = kh * kw * outputs;                                                                                 \
        int tiles_n = (columns + Small::BN - 1) / Small::BN;                                                             \
        int tile_m = blockIdx.x / tiles_n;                                                                               \
        int row0 = tile_m * Small::BM, column0 = (blockIdx.x - tile_m * tiles_n) * Small::BN;                            \
        LoadMatrix<T, Small::BM> load_a(x, row0, pixels, inputs, 0, inputs, false);                                      \
        LoadMatrix<T, Small::BN> load_b(weight, column0, columns, inputs, 0, inputs, true);                              \
        float sums[Small::TM][Small::TN];                                                                                \
        multiply<Small>(shared, load_a, load_b, (inputs + Small::BK - 1) / Small::BK, sums);                             \
        Epilogue<T> e = {bias, nullptr, nullptr, nullptr, nullptr, y, 0, LINEAR, 1.0f};                                     \
        finish_tile<Small>(shared, sums, row0, column0, pixels, columns, e, Windows {height, width, kh, kw, outputs});   \
    }

// The sum over ascending c of relu?(x[c]) weight[c].
template <typename T>
__device__ __forceinline__ float dot(const T* x, const T* weight, int count, bool relu_input, bool vector) {
    float sum = 0.0f;
    if (vector) {
#pragma unroll 2
        for (int c = 0; c < count; c += Vec<T>::N) {
            float values[Vec<T>::N], weights[Vec<T>::N];
            read_group(values, x + c);
            read_group(weights, weight + c);
#pragma unroll
            for (int i = 0; i < Vec<T>::N; i++) sum = fmaf(relu_input ? relu(values[i]) : values[i], weights[i], sum);
        }
    } else {
#pragma unroll 1
        for (int c = 0; c < count; c++) {
            float v = to_f32(x[c]);
            sum = fmaf(relu_input ? relu(v) : v, to_f32(weight[c]), sum);
        }
    }
    return sum;
}

// A thread has a pixel, whose channels lie together.
#define CONV_DOT(SUFFIX, T)                                                                                              \
    extern "C" __global__ void __launch_bounds__(256, 2) conv_dot_##SUFFIX(                                              \
        const T* x, const T* weight, const float* bias, const T* residual, const T* residual2, void* y, i64 pixels,      \
        int channels, int outputs, int relu_input, int wide, int function, float scale) {                                \
        Epilogue<T> e = {bias, nullptr, residual, residual2, nullptr, y, wide, function, scale};                         \
        i64 pixel = grid_thread();                                                                                       \
        if (pixel >= pixels) return;                                                                                     \
        bool vector = channels % Vec<T>::N == 0 && aligned16(x) && aligned16(weight);                                    \
        _Pragma("unroll 1") for (int o = 0; o < outputs; o++) {                                                          \
            float sum = dot(x + pixel * channels, weight + (i64) o * channels, channels, relu_input, vector);            \
            finish_one(sum + (bias ? bias[o] : 0.0f), pixel * outputs + o, e);                                           \
        }                                                                                                                \
    }

// Halves only come here on GPUs without tensor cores for them: small tiles will do.
#define CONVS(SUFFIX, T)          \
    CONV(Small, small, SUFFIX, T) \
    CONV_TRANSPOSE(SUFFIX, T)     \
    CONV_DOT(SUFFIX, T)
CONV(Large, large, f32, float)
FOR_FLOAT_TYPES(CONVS)

// Convolutions in float32 arithmetic: products whose left operand is gathered while it is loaded (see windows.cuh).
//
// Picture x [N,H,W,C], weight [O,kh,kw,C], result y [N,H',W',O], stored as float32, float16 or bfloat16:
//
//   y = act(conv(relu?(x), weight) + bias) + residual, see epilogue.cuh
//
// conv_transpose: the transposed convolution whose stride is its kernel. conv_dot: 1x1 convolutions to few channels.
#include "fathom.cuh"
#include "epilogue.cuh"
#include "f32_tiles.cuh"
#include "windows.cuh"

// Slices of the windows of WIDTH result pixels.
template <typename T, int WIDTH> struct LoadWindows {
    static constexpr int LD = WIDTH + 4, COUNT = WIDTH / 64;
    WindowStart<T> start[COUNT];
    WindowPlace place;
    Geometry g;
    int row, k4;
    bool vector, relu_input;
    float r[COUNT][4];

    __device__ __forceinline__ LoadWindows(const T* x, const Geometry& geometry, int first, int pixels, bool with_relu)
        : g(geometry), relu_input(with_relu) {
        row = threadIdx.x / 4;
        k4 = threadIdx.x % 4 * 4;
#pragma unroll
        for (int i = 0; i < COUNT; i++) start[i].set(x, g, first + row + i * 64, pixels);
        place.start(g, k4);
        vector = g.channels % 4 == 0 && aligned4(x);
    }
    __device__ __forceinline__ void fetch() {
#pragma unroll
        for (int i = 0; i < COUNT; i++) {
            if (vector) {
                read4(r[i], start[i].at + place.offset(g), place.inside(g, start[i]) ? 4 : 0, true);
            } else {
                WindowPlace at = place;
#pragma unroll
                for (int e = 0; e < 4; e++) {
                    r[i][e] = at.inside(g, start[i]) ? to_f32(start[i].at[at.offset(g)]) : 0.0f;
                    at.next(g);
                }
            }
            if (relu_input) {
#pragma unroll
                for (int e = 0; e < 4; e++) r[i][e] = relu(r[i][e]);
            }
        }
        place.advance(g, 16);
    }
    __device__ __forceinline__ void store(float* slice) {
#pragma unroll
        for (int i = 0; i < COUNT; i++) store_along_k<LD>(slice + k4 * LD + row + i * 64, r[i]);
    }
};

template <typename T, typename C>
__device__ __forceinline__ void conv(const T* x, const T* weight, const Epilogue<T>& e, const Geometry& g, int pixels,
                                     int outputs, bool relu_input) {
    __shared__ alignas(16) float shared[C::FLOATS];
    int tiles_n = (outputs + C::BN - 1) / C::BN;
    int tile_m = blockIdx.x / tiles_n;
    int row0 = tile_m * C::BM, column0 = (blockIdx.x - tile_m * tiles_n) * C::BN;
    int depth = g.kh * g.kw * g.channels;
    LoadWindows<T, C::BM> load_a(x, g, row0, pixels, relu_input);
    LoadMatrix<T, C::BN> load_b(weight, column0, outputs, depth, false);
    float sums[C::TM][C::TN];
    multiply<C>(shared, load_a, load_b, (depth + C::BK - 1) / C::BK, sums);
    finish_tile<T, C>(shared, sums, row0, column0, pixels, outputs, e, Dense {outputs});
}

#define CONV(TILE, TILE_NAME, SUFFIX, T)                                                                                 \
    extern "C" __global__ void __launch_bounds__(256, TILE::BLOCKS) conv_##TILE_NAME##_##SUFFIX(                                       \
        const T* x, const T* weight, const T* bias, const T* residual, T* y, int pixels, int height, int width,          \
        int channels, int out_h, int out_w, int outputs, int kh, int kw, int stride_h, int stride_w, int pad_h,          \
        int pad_w, int relu_input, int activation) {                                                                     \
        conv<T, TILE>(x, weight, {bias, nullptr, residual, nullptr, y, activation},                                      \
                      {height, width, channels, out_h, out_w, kh, kw, stride_h, stride_w, pad_h, pad_w}, pixels, outputs, \
                      relu_input);                                                                                       \
    }

// x [pixels, I] with pixels in the order of [N,H,W], weight [I, kh kw O]: y [N, kh H, kw W, O].
#define CONV_TRANSPOSE(SUFFIX, T)                                                                                        \
    extern "C" __global__ void __launch_bounds__(256, Small::BLOCKS) conv_transpose_##SUFFIX(                                           \
        const T* x, const T* weight, const T* bias, T* y, int pixels, int height, int width, int inputs, int kh, int kw, \
        int outputs) {                                                                                                   \
        __shared__ alignas(16) float shared[Small::FLOATS];                                                              \
        int columns = kh * kw * outputs;                                                                                 \
        int tiles_n = (columns + Small::BN - 1) / Small::BN;                                                             \
        int tile_m = blockIdx.x / tiles_n;                                                                               \
        int row0 = tile_m * Small::BM, column0 = (blockIdx.x - tile_m * tiles_n) * Small::BN;                            \
        LoadMatrix<T, Small::BM> load_a(x, row0, pixels, inputs, false);                                                 \
        LoadMatrix<T, Small::BN> load_b(weight, column0, columns, inputs, true);                                         \
        float sums[Small::TM][Small::TN];                                                                                \
        multiply<Small>(shared, load_a, load_b, (inputs + Small::BK - 1) / Small::BK, sums);                             \
        finish_tile<T, Small>(shared, sums, row0, column0, pixels, columns,                                              \
                              {bias, nullptr, nullptr, nullptr, y, ACT_NONE}, Windows {height, width, kh, kw, outputs}); \
    }

// 1x1 convolutions to few channels: y[p,o] = act(bias[o] + sum over c of relu?(x[p,c]) weight[o,c]) + residual[p,o]. A thread
// has a pixel, whose channels lie together; the sum runs over ascending c.
#define CONV_DOT(SUFFIX, T)                                                                                              \
    extern "C" __global__ void __launch_bounds__(256) conv_dot_##SUFFIX(                                                 \
        const T* x, const T* weight, const T* bias, const T* residual, T* y, i64 pixels, int channels, int outputs,      \
        int relu_input, int activation) {                                                                                \
        i64 pixel = grid_thread();                                                                                       \
        if (pixel >= pixels) return;                                                                                     \
        const T* from = x + pixel * channels;                                                                            \
        bool vector = channels % Vec<T>::N == 0 && aligned16(x) && aligned16(weight);                                    \
        for (int o = 0; o < outputs; o++) {                                                                              \
            float sum = 0.0f;                                                                                            \
            dot(sum, from, weight + (i64) o * channels, channels, relu_input, vector);                                   \
            if (bias) sum += to_f32(bias[o]);                                                                            \
            sum = activate<T>(sum, activation);                                                                          \
            if (residual) sum += to_f32(residual[pixel * outputs + o]);                                                  \
            if (activation == ACT_RELU_LAST) sum = relu(sum);                                                            \
            y[pixel * outputs + o] = from_f32<T>(sum);                                                                   \
        }                                                                                                                \
    }

template <typename T>
__device__ __forceinline__ void dot(float& sum, const T* x, const T* weight, int count, bool relu_input, bool vector) {
    if (vector) {
        for (int c = 0; c < count; c += Vec<T>::N) {
            Vec<T> values = *(const Vec<T>*) (x + c), weights = *(const Vec<T>*) (weight + c);
#pragma unroll
            for (int i = 0; i < Vec<T>::N; i++) {
                float v = to_f32(values.at[i]);
                sum = fmaf(relu_input ? relu(v) : v, to_f32(weights.at[i]), sum);
            }
        }
    } else {
        for (int c = 0; c < count; c++) {
            float v = to_f32(x[c]);
            sum = fmaf(relu_input ? relu(v) : v, to_f32(weight[c]), sum);
        }
    }
}

#define CONVS(SUFFIX, T)          \
    CONV(Large, large, SUFFIX, T) \
    CONV(Small, small, SUFFIX, T) \
    CONV_TRANSPOSE(SUFFIX, T)     \
    CONV_DOT(SUFFIX, T)
FOR_FLOAT_TYPES(CONVS)

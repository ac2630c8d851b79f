// Convolutions of half pictures on tensor cores: a product whose left operand is gathered while it is loaded.
//
// Picture x [N,H,W,C], weight [O,kh,kw,C], result y [N,H',W',O]. Row p of the left operand is the window of result pixel
// p = (n H' + r) W' + c, column (i kw + j) C + q of it is channel q of picture pixel (r strideH + i - padH, c strideW + j
// - padW), zero outside. It is never in memory: each 16-byte piece (8 channels of one picture pixel) is copied from where it
// is in the picture to its place in shared memory. The right operand is the weight as it lies: [O, kh kw C].
//
//   y = act(conv(relu?(x), weight) + bias) + residual, see epilogue.cuh; ReLU of the input happens in registers
//
// conv_transpose: the transposed convolution whose stride is its kernel: [pixels, I] by the weight [I, kh kw O], each
// row of the product one window of the result.
#include "fathom.cuh"
#include "tensor_core.cuh"
#include "epilogue.cuh"
#include "mma_tiles.cuh"

struct Geometry {
    int height, width, channels;  // of x
    int out_h, out_w;             // of y
    int kh, kw, stride_h, stride_w, pad_h, pad_w;
};

// Slices of the windows of ROWS result pixels.
template <typename T, int ROWS, int BK, int THREADS> struct LoadWindows {
    static constexpr int PIECES = BK / 8, STEP = THREADS / PIECES, COUNT = ROWS / STEP;
    const T* origin[COUNT];   // where a window would start; outside the picture where it is padded
    int row[COUNT], column[COUNT];
    Geometry g;
    int i, j, channel, offset;  // this thread's place in the window
    bool vector;

    __device__ __forceinline__ LoadWindows(const T* x, const Geometry& geometry, int first, int pixels) : g(geometry) {
        int piece = threadIdx.x % PIECES, line = threadIdx.x / PIECES;
#pragma unroll
        for (int p = 0; p < COUNT; p++) {
            int pixel = first + line + p * STEP;
            int image_row = pixel / g.out_w;
            int image = image_row / g.out_h;
            row[p] = (image_row - image * g.out_h) * g.stride_h - g.pad_h;
            column[p] = (pixel - image_row * g.out_w) * g.stride_w - g.pad_w;
            origin[p] = x + ((i64) image * g.height + row[p]) * g.width * g.channels + (i64) column[p] * g.channels;
            if (pixel >= pixels) row[p] = -0x40000000;  // never inside
        }
        offset = place_of<PIECES>(line, piece);
        vector = g.channels % 8 == 0 && aligned16(x);
        i = 0;
        j = 0;
        channel = piece * 8;
        wrap();
    }
    // After channel has moved on: to the pixel of the window that it belongs to.
    __device__ __forceinline__ void wrap() {
#pragma unroll 1
        while (channel >= g.channels) {
            channel -= g.channels;
            if (++j == g.kw) {
                j = 0;
                i++;
            }
        }
    }
    __device__ __forceinline__ bool inside(int p, int di, int dj) const {
        return di < g.kh && (u32) (row[p] + di) < (u32) g.height && (u32) (column[p] + dj) < (u32) g.width;
    }
    __device__ __forceinline__ void load(u32 to) {
        if (vector) {
            i64 step = ((i64) i * g.width + j) * g.channels + channel;
#pragma unroll
            for (int p = 0; p < COUNT; p++) {
                bool there = inside(p, i, j);
                cp_async16(to + offset + p * STEP * PIECES * 16, there ? origin[p] + step : origin[p], there);
            }
        } else {
#pragma unroll
            for (int p = 0; p < COUNT; p++) {
                u32 v[4];
                int ei = i, ej = j, ec = channel;
#pragma unroll
                for (int e = 0; e < 8; e++) {
                    u32 bits = 0;
                    if (inside(p, ei, ej)) bits = origin[p][((i64) ei * g.width + ej) * g.channels + ec].bits;
                    if (e % 2 == 0) v[e / 2] = bits;
                    else v[e / 2] |= bits << 16;
                    if (++ec == g.channels) {
                        ec = 0;
                        if (++ej == g.kw) {
                            ej = 0;
                            ei++;
                        }
                    }
                }
                store_shared16(to + offset + p * STEP * PIECES * 16, v[0], v[1], v[2], v[3]);
            }
        }
        channel += BK;
        wrap();
    }
};

template <typename T, typename C>
__device__ __forceinline__ void conv(const T* x, const T* weight, const Epilogue<T>& e, const Geometry& g, int pixels,
                                     int outputs, bool relu_input) {
    __shared__ alignas(16) unsigned char shared[C::BYTES];
    int tiles_n = (outputs + C::BN - 1) / C::BN;
    int tile_m = blockIdx.x / tiles_n;
    int row0 = tile_m * C::BM, column0 = (blockIdx.x - tile_m * tiles_n) * C::BN;
    int depth = g.kh * g.kw * g.channels;
    LoadWindows<T, C::BM, C::BK, C::THREADS> load_a(x, g, row0, pixels);
    LoadK<T, C::BN, C::BK, C::THREADS> load_b(weight, column0, outputs, depth);
    float sums[C::WM / 16][C::WN / 8][4];
    multiply<T, C, K_LINES, K_LINES, true>(shared_address(shared), load_a, load_b, (depth + C::BK - 1) / C::BK,
                                           relu_input ? 0 : minus_infinity(T()), sums);
    finish_tile<T, C>((float*) shared, sums, row0, column0, pixels, outputs, e, Dense {outputs});
}

#define CONV(TILE, TILE_NAME, SUFFIX, T)                                                                                 \
    extern "C" __global__ void __launch_bounds__(TILE::THREADS) conv_##TILE_NAME##_##SUFFIX(                             \
        const T* x, const T* weight, const T* bias, const T* residual, T* y, int pixels, int height, int width,          \
        int channels, int out_h, int out_w, int outputs, int kh, int kw, int stride_h, int stride_w, int pad_h,          \
        int pad_w, int relu_input, int activation) {                                                                     \
        conv<T, TILE>(x, weight, {bias, nullptr, residual, nullptr, y, activation},                                      \
                      {height, width, channels, out_h, out_w, kh, kw, stride_h, stride_w, pad_h, pad_w}, pixels, outputs, \
                      relu_input);                                                                                       \
    }

// x [pixels, I] with pixels in the order of [N,H,W], weight [I, kh kw O]: y [N, kh H, kw W, O].
#define CONV_TRANSPOSE(SUFFIX, T)                                                                                        \
    extern "C" __global__ void __launch_bounds__(Small::THREADS) conv_transpose_##SUFFIX(                                \
        const T* x, const T* weight, const T* bias, T* y, int pixels, int height, int width, int inputs, int kh, int kw, \
        int outputs) {                                                                                                   \
        __shared__ alignas(16) unsigned char shared[Small::BYTES];                                                       \
        int columns = kh * kw * outputs;                                                                                 \
        int tiles_n = (columns + Small::BN - 1) / Small::BN;                                                             \
        int tile_m = blockIdx.x / tiles_n;                                                                               \
        int row0 = tile_m * Small::BM, column0 = (blockIdx.x - tile_m * tiles_n) * Small::BN;                            \
        LoadK<T, Small::BM, Small::BK, Small::THREADS> load_a(x, row0, pixels, inputs);                                  \
        LoadX<T, Small::BN, Small::BK, Small::THREADS> load_b(weight, column0, columns, inputs);                         \
        float sums[Small::WM / 16][Small::WN / 8][4];                                                                    \
        multiply<T, Small, K_LINES, X_LINES, false>(shared_address(shared), load_a, load_b,                              \
                                                    (inputs + Small::BK - 1) / Small::BK, 0, sums);                      \
        finish_tile<T, Small>((float*) shared, sums, row0, column0, pixels, columns,                                     \
                              {bias, nullptr, nullptr, nullptr, y, ACT_NONE}, Windows {height, width, kh, kw, outputs}); \
    }

#define CONVS(SUFFIX, T)            \
    CONV(Large, large, SUFFIX, T)   \
    CONV(Small, small, SUFFIX, T)   \
    CONV(Narrow, narrow, SUFFIX, T) \
    CONV_TRANSPOSE(SUFFIX, T)
CONVS(f16, f16)
CONVS(bf16, bf16)

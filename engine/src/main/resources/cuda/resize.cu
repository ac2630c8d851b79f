// Resizing of images x [n, in_h, in_w, channels] to y [n, out_h, out_w, channels]: bilinear, bicubic, nearest.
//
// A thread has a place in a row of y, a pack of channels of one pixel, and makes it for a band of rows: what it knows of its
// column, it finds out once. Packs are 16 bytes where addresses and channels allow, else one element, so one channel is as well
// shared out as 64. Grid: (images times bands, packs of a row / 256).
#include "axes.cuh"
#include "columns.cuh"

// Row i of y lies between rows "row" and "below" of x.
struct RowTaps { int row, below; float w0, w1; };

// Between the four pixels around the source position: along columns, then along rows. A row of x that is blended along its columns
// serves all rows of y next to it: when a map is enlarged by 2, four rows of y need three of x. "band" is at most MOST_ROWS.
template <int V, typename T>
__device__ __forceinline__ void bilinear(const T* x, T* y, Sizes size, int band_rows, int align_corners) {
    __shared__ RowTaps taps[MOST_ROWS];
    Band band(size.out_h, band_rows);
    Linear columns(size.in_w, size.out_w, align_corners);
    if (threadIdx.x < MOST_ROWS) {
        Linear rows(size.in_h, size.out_h, align_corners);
        int i = band.top + threadIdx.x, rest, row = quotient(rows.at(i), rows.unit, rows.inverse, rest);
        taps[threadIdx.x] = {row, row + 1 < size.in_h ? row + 1 : row, rows.weight(rows.unit - rest), rows.weight(rest)};
    }
    __syncthreads();
    u32 packs = size.channels / V, row_packs = size.out_w * packs;
    int x_row = size.in_w * size.channels, y_row = size.out_w * size.channels;
    for (u32 t = blockIdx.y * THREADS + threadIdx.x; t < row_packs; t += gridDim.y * THREADS) {
        int j = t / packs, c = (t - j * packs) * V, rest;
        int low = quotient(columns.at(j), columns.unit, columns.inverse, rest), next = low + 1 < size.in_w ? size.channels : 0;
        float w0 = columns.weight(columns.unit - rest), w1 = columns.weight(rest);
        const T* left = x + (i64) band.n * size.in_h * x_row + (low * size.channels + c);
        T* to = y + ((i64) band.n * size.out_h + band.top) * y_row + t * V;
        float a[V], b[V], top[V] = {}, bottom[V] = {};
        int held = -2;                      // top is row "held" of x, bottom the one below it
#pragma unroll 1
        for (int i = 0; i < band.bottom - band.top; i++, to += y_row) {
            RowTaps tap = taps[i];
            if (tap.row != held) {
                if (tap.row == held + 1) {
#pragma unroll
                    for (int v = 0; v < V; v++) top[v] = bottom[v];
                } else {
                    const T* from = left + (i64) tap.row * x_row;
                    load_pack(from, a);
                    load_pack(from + next, b);
#pragma unroll
                    for (int v = 0; v < V; v++) top[v] = fmaf(b[v], w1, a[v] * w0);
                }
                const T* from = left + (i64) tap.below * x_row;
                load_pack(from, a);
                load_pack(from + next, b);
#pragma unroll
                for (int v = 0; v < V; v++) bottom[v] = fmaf(b[v], w1, a[v] * w0);
                held = tap.row;
            }
#pragma unroll
            for (int v = 0; v < V; v++) a[v] = fmaf(bottom[v], tap.w1, top[v] * tap.w0);
            store_pack(to, a);
        }
    }
}

// Sums over 4 columns, then over 4 rows.
template <int V, typename T>
__device__ __forceinline__ void bicubic(const T* x, T* y, Sizes size, double step_h, double step_w, int align_corners) {
    Band band(size.out_h, 1);
    Cubic rows = {size.in_h, size.out_h, step_h, align_corners}, columns = {size.in_w, size.out_w, step_w, align_corners};
    u32 packs = size.channels / V, row_packs = size.out_w * packs;
    int row[4], column[4];
    float row_weight[4], column_weight[4];
    rows.taps(band.top, row, row_weight);
    const T* image = x + (i64) band.n * size.in_h * size.in_w * size.channels;
    T* to = y + (band.n * (i64) size.out_h + band.top) * size.out_w * size.channels;
    for (u32 t = blockIdx.y * THREADS + threadIdx.x; t < row_packs; t += gridDim.y * THREADS) {
        int j = t / packs, c = (t - j * packs) * V;
        columns.taps(j, column, column_weight);
        float sum[V] = {};
#pragma unroll
        for (int a = 0; a < 4; a++) {
            float blend[V] = {}, v[V];
#pragma unroll
            for (int b = 0; b < 4; b++) {
                load_pack(image + ((i64) row[a] * size.in_w + column[b]) * size.channels + c, v);
#pragma unroll
                for (int k = 0; k < V; k++) blend[k] = fmaf(v[k], column_weight[b], blend[k]);
            }
#pragma unroll
            for (int k = 0; k < V; k++) sum[k] = fmaf(blend[k], row_weight[a], sum[k]);
        }
        store_pack(to + (i64) t * V, sum);
    }
}

// Copies: nothing is computed with the values, so they are not converted either.
template <int V, typename T> __device__ __forceinline__ void nearest(const T* x, T* y, Sizes size) {
    Band band(size.out_h, 1);
    Nearest rows = {size.in_h, size.out_h}, columns = {size.in_w, size.out_w};
    u32 packs = size.channels / V, row_packs = size.out_w * packs;
    const T* from = x + ((i64) band.n * size.in_h + rows.at(band.top)) * size.in_w * size.channels;
    T* to = y + (band.n * (i64) size.out_h + band.top) * size.out_w * size.channels;
    for (u32 t = blockIdx.y * THREADS + threadIdx.x; t < row_packs; t += gridDim.y * THREADS) {
        int j = t / packs, c = (t - j * packs) * V;
        *(Pack<T, V>*) (to + (i64) t * V) = *(const Pack<T, V>*) (from + (i64) columns.at(j) * size.channels + c);
    }
}

#define RESIZE(NAME, T)                                                                                                         \
    extern "C" __global__ void __launch_bounds__(THREADS) resize_bilinear_##NAME(                                               \
            const T* x, T* y, int in_h, int in_w, int out_h, int out_w, int channels, int band, int align_corners) {            \
        Sizes size = {in_h, in_w, out_h, out_w, channels};                                                                      \
        if (in_vectors(x, y, size)) bilinear<Vec<T>::N>(x, y, size, band, align_corners);                                       \
        else bilinear<1>(x, y, size, band, align_corners);                                                                      \
    }                                                                                                                           \
    extern "C" __global__ void __launch_bounds__(THREADS) resize_bicubic_##NAME(                                                \
            const T* x, T* y, int in_h, int in_w, int out_h, int out_w, int channels, int align_corners, double step_h,         \
            double step_w) {                                                                                                    \
        Sizes size = {in_h, in_w, out_h, out_w, channels};                                                                      \
        if (in_vectors(x, y, size)) bicubic<Vec<T>::N>(x, y, size, step_h, step_w, align_corners);                              \
        else bicubic<1>(x, y, size, step_h, step_w, align_corners);                                                             \
    }                                                                                                                           \
    extern "C" __global__ void __launch_bounds__(THREADS) resize_nearest_##NAME(                                                \
            const T* x, T* y, int in_h, int in_w, int out_h, int out_w, int channels) {                                         \
        Sizes size = {in_h, in_w, out_h, out_w, channels};                                                                      \
        if (in_vectors(x, y, size)) nearest<Vec<T>::N>(x, y, size);                                                             \
        else nearest<1>(x, y, size);                                                                                            \
    }
FOR_FLOAT_TYPES(RESIZE)

// Gradients of the resizes: dx [n, in_h, in_w, channels] from dy [n, out_h, out_w, channels]. Every pixel of dx sums up the pixels
// of dy that were read from it, by the same weights, in ascending order of columns within ascending order of rows: nothing is
// scattered, so there are no atomics and the sums are the same every time.
//
// Threads, packs and the grid are as in resize.cu, over the rows of dx.
#include "axes.cuh"
#include "columns.cuh"

// A row of dy gives to two rows of dx. Its sum along the columns is made once and given to both, by going through the rows of dy
// in order: "now" collects for row i of dx, "next" for the row below.
template <int V, typename T>
__device__ __forceinline__ void bilinear_backward(const T* dy, T* dx, Sizes size, int band_rows, int align_corners) {
    Band band(size.in_h, band_rows);
    Linear rows(size.in_h, size.out_h, align_corners), columns(size.in_w, size.out_w, align_corners);
    u32 packs = size.channels / V, row_packs = size.in_w * packs;
    int dx_row = size.in_w * size.channels, dy_row = size.out_w * size.channels;
    int first_row = rows.first_reader(band.top);
    for (u32 t = blockIdx.y * THREADS + threadIdx.x; t < row_packs; t += gridDim.y * THREADS) {
        int j = t / packs, c = (t - j * packs) * V;
        const Readers readers(columns, j);
        const T* from = dy + ((i64) band.n * size.out_h + first_row) * dy_row + (readers.first * size.channels + c);
        T* to = dx + ((i64) band.n * size.in_h + band.top) * dx_row + t * V;
        float now[V] = {}, next[V] = {};
        int o = first_row;
#pragma unroll 1
        for (int i = band.top; i < band.bottom; i++, to += dx_row) {
#pragma unroll 1
            for (; o < size.out_h; o++, from += dy_row) {
                i64 past = rows.at(o) - i * rows.unit;          // how far past row i the source position is, in 1 / unit
                if (past >= rows.unit) break;
                Readers column = readers;
                const T* p = from;
                float sum[V] = {}, v[V];
#pragma unroll 2
                for (int k = column.first; k < column.end; k++, p += size.channels) {
                    load_pack(p, v);
                    float w = column.next();
#pragma unroll
                    for (int k = 0; k < V; k++) sum[k] = fmaf(v[k], w, sum[k]);
                }
                float w = rows.weight(rows.unit - (past < 0 ? -past : past));
#pragma unroll
                for (int k = 0; k < V; k++) now[k] = fmaf(sum[k], w, now[k]);
                if (past > 0) {
                    w = rows.weight(past);
#pragma unroll
                    for (int k = 0; k < V; k++) next[k] = fmaf(sum[k], w, next[k]);
                }
            }
            store_pack(to, now);
#pragma unroll
            for (int k = 0; k < V; k++) {
                now[k] = next[k];
                next[k] = 0.0f;
            }
        }
    }
}

// Bicubic and nearest: sums along columns, then along rows.
template <int V, typename T, typename Axis>
__device__ __forceinline__ void gather(const T* dy, T* dx, Sizes size, const Axis& rows, const Axis& columns) {
    Band band(size.in_h, 1);
    u32 packs = size.channels / V, row_packs = size.in_w * packs;
    int i = band.top, first_row = rows.first_reader(i), end_row = rows.end_reader(i);
    i64 dy_row = (i64) size.out_w * size.channels;
    T* to = dx + (band.n * (i64) size.in_h + i) * size.in_w * size.channels;
    for (u32 t = blockIdx.y * THREADS + threadIdx.x; t < row_packs; t += gridDim.y * THREADS) {
        int j = t / packs, c = (t - j * packs) * V;
        int first = columns.first_reader(j), end = columns.end_reader(j);
        const T* from = dy + (band.n * (i64) size.out_h + first_row) * dy_row + c;
        float total[V] = {};
#pragma unroll 1
        for (int o = first_row; o < end_row; o++, from += dy_row) {
            float row_weight = rows.weight_of(o, i), sum[V] = {}, v[V];
            if (row_weight == 0.0f) continue;
#pragma unroll 1
            for (int p = first; p < end; p++) {
                float w = columns.weight_of(p, j);
                if (w == 0.0f) continue;
                load_pack(from + (i64) p * size.channels, v);
#pragma unroll
                for (int k = 0; k < V; k++) sum[k] = fmaf(v[k], w, sum[k]);
            }
#pragma unroll
            for (int k = 0; k < V; k++) total[k] = fmaf(sum[k], row_weight, total[k]);
        }
        store_pack(to + (i64) t * V, total);
    }
}

#define RESIZE_BACKWARD(NAME, T)                                                                                                \
    extern "C" __global__ void __launch_bounds__(THREADS, 3) resize_bilinear_backward_##NAME(                                   \
            const T* dy, T* dx, int in_h, int in_w, int out_h, int out_w, int channels, int band, int align_corners) {          \
        Sizes size = {in_h, in_w, out_h, out_w, channels};                                                                      \
        if (in_vectors(dy, dx, size)) bilinear_backward<Vec<T>::N>(dy, dx, size, band, align_corners);                          \
        else bilinear_backward<1>(dy, dx, size, band, align_corners);                                                           \
    }                                                                                                                           \
    extern "C" __global__ void __launch_bounds__(THREADS, 3) resize_bicubic_backward_##NAME(                                    \
            const T* dy, T* dx, int in_h, int in_w, int out_h, int out_w, int channels, int align_corners, double step_h,       \
            double step_w) {                                                                                                    \
        Sizes size = {in_h, in_w, out_h, out_w, channels};                                                                      \
        Cubic rows = {in_h, out_h, step_h, align_corners}, columns = {in_w, out_w, step_w, align_corners};                      \
        if (in_vectors(dy, dx, size)) gather<Vec<T>::N>(dy, dx, size, rows, columns);                                           \
        else gather<1>(dy, dx, size, rows, columns);                                                                            \
    }                                                                                                                           \
    extern "C" __global__ void __launch_bounds__(THREADS, 3) resize_nearest_backward_##NAME(                                    \
            const T* dy, T* dx, int in_h, int in_w, int out_h, int out_w, int channels) {                                       \
        Sizes size = {in_h, in_w, out_h, out_w, channels};                                                                      \
        Nearest rows = {in_h, out_h}, columns = {in_w, out_w};                                                                  \
        if (in_vectors(dy, dx, size)) gather<Vec<T>::N>(dy, dx, size, rows, columns);                                           \
        else gather<1>(dy, dx, size, rows, columns);                                                                            \
    }
FOR_FLOAT_TYPES(RESIZE_BACKWARD)

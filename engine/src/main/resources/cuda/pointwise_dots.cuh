// 1x1 convolutions to few channels of what a block holds as float32 in shared memory.
#pragma once

#define MOST_DOTS 4

// y[row, p] = complete(bias[p] + the sum over ascending c of kept[row, c] weight[p, c]) for ROWS rows, the first being row0 of
// `rows`; LD floats a row.
template <int ROWS, int LD, int THREADS, typename T>
__device__ __forceinline__ void pointwise_dots(const float* kept, int row0, int rows, int channels, const T* weight, int outputs,
                                               const Epilogue<T>& e) {
#pragma unroll 1
    for (int i = threadIdx.x; i < ROWS * outputs; i += THREADS) {
        int p = i / ROWS, row = i % ROWS;
        if (row0 + row >= rows) continue;
        const float* m = kept + row * LD;
        const T* w = weight + (i64) p * channels;
        float sum = 0.0f;
        int c = 0;
#pragma unroll 1
        for (; c + 4 <= channels; c += 4) {
            float4 v = *(const float4*) (m + c);
            sum = fmaf(v.x, to_f32(w[c]), sum);
            sum = fmaf(v.y, to_f32(w[c + 1]), sum);
            sum = fmaf(v.z, to_f32(w[c + 2]), sum);
            sum = fmaf(v.w, to_f32(w[c + 3]), sum);
        }
#pragma unroll 1
        for (; c < channels; c++) sum = fmaf(m[c], to_f32(w[c]), sum);
        finish_one(sum + (e.bias ? e.bias[p] : 0.0f), (i64) (row0 + row) * outputs + p, e);
    }
}

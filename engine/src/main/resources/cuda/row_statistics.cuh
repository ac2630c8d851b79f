// Mean and spread of a row, and what layer normalisation makes of them: for short rows and for long ones.
#pragma once
#include "columns.cuh"

// Mean and 1 / sqrt(variance + eps) of a row, from the sums of x - mean and of its square. "missing" is what the rounded mean
// lacks, the mean of x - mean: in a row whose values are close to each other it counts.
struct RowStatistics {
    float mean, missing, rstd;

    __device__ __forceinline__ RowStatistics(float mean, float deviations, float squares, int columns, float eps) {
        this->mean = mean;
        missing = deviations / columns;
        float variance = squares / columns - missing * missing;
        rstd = 1.0f / sqrtf(fmaxf(variance, 0.0f) + eps);
    }

    template <typename Y, int N>
    __device__ __forceinline__ void normalise(float (&v)[N], const float* weight, const float* bias, Y* y, int left,
                                              bool vectors) const {
        float w[N], b[N];
        load_columns(weight, left, vectors, w);
        load_columns(bias, left, vectors, b);
#pragma unroll
        for (int j = 0; j < N; j++) v[j] = fmaf((v[j] - mean - missing) * rstd, w[j], b[j]);
        store_columns(y, left, vectors, v);
    }

    __device__ __forceinline__ void store(float* mean, float* rstd, i64 row) const {
        mean[row] = this->mean;
        rstd[row] = this->rstd;
    }
};

// Whether every row starts at a multiple of 16 bytes and consists of whole packs: the same for all threads.
template <typename X, typename Y>
__device__ __forceinline__ bool in_vectors(const X* x, const float* weight, const float* bias, const Y* y, int columns) {
    return aligned16(x) && aligned16(weight) && aligned16(bias) && aligned16(y) && columns % Vec<X>::N == 0;
}

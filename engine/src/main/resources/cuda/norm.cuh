// What layer normalisation needs for short rows and for long ones: which rows there are, and what a row's mean and spread make of
// it.
//
// The rows are those of "count" sequences x[k], each [batch, tokens, columns], without the first "skip" tokens of each batch entry:
// a vision transformer's decoder reads several of them at once, without their class token. y[k] is [batch, tokens - skip, columns],
// mean and rstd are [count, batch, tokens - skip]. A plain norm is one sequence of batch 1 with nothing left out.
#pragma once
#include "columns.cuh"

constexpr int SEQUENCES = 32;

// per and tokens: of one sequence, rows in all and rows of one batch entry.
struct Extents { int rows, per, tokens, skip, columns; };

// Row r of "per" a sequence and "tokens" a batch entry: the sequence, and the row in it. The divisions are for several sequences
// and batch entries only.
__device__ __forceinline__ int split(int r, int per, int& sequence) {
    sequence = r < per ? 0 : r / per;
    return r - sequence * per;
}

template <typename X, typename Y> struct Forward { const X* x[SEQUENCES]; Y* y[SEQUENCES]; };

// Row r of y, and of x. tokens is that of y.
template <typename X, typename Y>
__device__ __forceinline__ void row_pointers(const Forward<X, Y>& all, const Extents& size, int r, const X*& x, Y*& y) {
    int k, row = split(r, size.per, k), skipped = size.skip == 0 ? 0 : (row / size.tokens + 1) * size.skip;
    x = all.x[k] + (i64) (row + skipped) * size.columns;
    y = all.y[k] + (i64) row * size.columns;
}

// arrived: added to dx, null for none.
template <typename X, typename Y> struct Gradients {
    const X* x[SEQUENCES];
    const Y* dy[SEQUENCES];
    X* dx[SEQUENCES];
    const X* arrived[SEQUENCES];

    // What is added to a row of dx, where there is something; dx tells which row of which sequence.
    __device__ __forceinline__ const X* beside(const X* dx, int row, int per) const {
        int k = row < per ? 0 : row / per;
        return arrived[k] == nullptr ? nullptr : arrived[k] + (dx - this->dx[k]);
    }
};

// Row r of x and dx, of dy, and of mean and rstd; false for one that the forward left out. tokens is that of x.
template <typename X, typename Y>
__device__ __forceinline__ bool row_pointers(const Gradients<X, Y>& all, const Extents& size, int r, const X*& x, const Y*& dy,
                                             X*& dx, int& statistics) {
    int k, row = split(r, size.per, k), entry = size.skip == 0 ? 0 : row / size.tokens, token = row - entry * size.tokens;
    int left_out = size.skip == 0 ? 0 : (entry + 1) * size.skip;
    x = all.x[k] + (i64) row * size.columns;
    dx = all.dx[k] + (i64) row * size.columns;
    dy = all.dy[k] + (i64) (row - left_out) * size.columns;
    statistics = r - left_out - (size.skip == 0 ? 0 : k * (size.per / size.tokens) * size.skip);
    return token >= size.skip;
}

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

    __device__ __forceinline__ float normalise(float x, float weight, float bias) const {
        return fmaf((x - mean - missing) * rstd, weight, bias);
    }

    __device__ __forceinline__ void store(float* mean, float* rstd, int row) const {
        mean[row] = this->mean;
        rstd[row] = this->rstd;
    }
};

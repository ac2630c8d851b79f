// AdamWStep and SumOfSquares over many tensors in few launches. A model has hundreds of parameters, most of them
// small; a launch for each would cost more than the work.
//
// A launch takes a table of tensors by value, among its parameters: nothing is uploaded, and a captured graph holds
// it. Block b works on the last tensor whose first block is not behind b, found by bisection.
#include "double_sums.cuh"
#include "share.cuh"

constexpr int BLOCK = 256;
constexpr int SHARES = 4;       // 16-byte accesses of each thread to each tensor: a block has 16 KiB of each

// One parameter with its gradient and moments, all of n elements of one dtype.
struct Parameter {
    void* p;
    const void* g;
    void* m;
    void* v;
    int n;
    int first;      // number of its first block
};

// Kernel parameters may have 4 KiB together.
constexpr int PARAMETERS = 96;
struct Parameters { Parameter at[PARAMETERS]; };

// The tensor of this block among `count`.
template <typename Table> __device__ __forceinline__ int tensor_of_block(const Table& table, int count) {
    int low = 0, high = count - 1;
    while (low < high) {
        int middle = (low + high + 1) >> 1;
        if (table.at[middle].first <= (int) blockIdx.x) low = middle;
        else high = middle - 1;
    }
    return low;
}

// Factors of AdamWStep, computed in float64 and rounded once.
struct AdamW {
    float b1, c1;       // beta1, 1 - beta1
    float b2, c2;
    float size;         // lr / (1 - beta1^t)
    float root;         // 1 / sqrt(1 - beta2^t)
    float eps;
    float decay;        // lr weightDecay
    float scale;        // of the gradients
    int count;          // parameters in the table
};

// m = b1 m + c1 g, v = b2 v + c2 g^2, p = p - (p decay + size m / (sqrt(v) root + eps)) with g = scale g: p is rounded
// once.
template <typename T> __device__ __forceinline__ void adamw(const Parameters& table, const AdamW& by) {
    const Parameter& x = table.at[tensor_of_block(table, by.count)];
    T *p = (T*) x.p, *m = (T*) x.m, *v = (T*) x.v;
    const T* g = (const T*) x.g;
    bool aligned = aligned16(p) && aligned16(g) && aligned16(m) && aligned16(v);
    int n = x.n, block = (int) blockIdx.x - x.first;
#pragma unroll 1
    for (int k = 0; k < SHARES; k++) {
        Share<T, BLOCK> mine(n, aligned, block * SHARES + k);
        if (mine.left <= 0) return;
        float pi[mine.N], gi[mine.N], mi[mine.N], vi[mine.N];
        mine.load(g, gi);
        mine.load(m, mi);
        mine.load(v, vi);
        mine.load(p, pi);
#pragma unroll
        for (int i = 0; i < mine.N; i++) {
            float gradient = gi[i] * by.scale;
            mi[i] = fmaf(gradient, by.c1, mi[i] * by.b1);
            vi[i] = fmaf(gradient * gradient, by.c2, vi[i] * by.b2);
            float step = mi[i] * by.size / fmaf(sqrtf(vi[i]), by.root, by.eps);
            pi[i] -= fmaf(pi[i], by.decay, step);
        }
        mine.store(m, mi);
        mine.store(v, vi);
        mine.store(p, pi);
    }
}

#define ADAMW(SUFFIX, T)                                                         \
    extern "C" __global__ void __launch_bounds__(BLOCK)                          \
        adamw_##SUFFIX(const Parameters table, const AdamW by) {                 \
        adamw<T>(table, by);                                                     \
    }
FOR_FLOAT_TYPES(ADAMW)

// One tensor to be measured.
struct Tensor {
    const void* x;
    int n;
    int first;      // number of its first block
    int dtype;      // 0 float32, 1 float16, 2 bfloat16
    int unused;
};
constexpr int TENSORS = 160;
struct Tensors { Tensor at[TENSORS]; };

// What a thread has of a block's 8192 elements: the sum of the squares of the finite ones, and how many are not.
constexpr int MEASURED = 8192;
template <typename T>
__device__ __forceinline__ void measure(const void* tensor, int n, int block, double& squares, int& nonfinite) {
    const T* x = (const T*) tensor;
    constexpr int N = Vec<T>::N;
    bool aligned = aligned16(x);
    int first = block * MEASURED;
    int length = min(n - first, MEASURED);
#pragma unroll 2
    for (int i = (int) threadIdx.x * N; i < length; i += BLOCK * N) {
        float v[N];
        if (aligned && i + N <= length) {
            load16(x + first + i, v);
        } else {
#pragma unroll
            for (int k = 0; k < N; k++) v[k] = i + k < length ? to_f32(x[first + i + k]) : 0.0f;
        }
#pragma unroll
        for (int k = 0; k < N; k++) {
            bool finite = fabsf(v[k]) <= 3.402823466e38f;       // false for NaN
            double d = finite ? (double) v[k] : 0.0;
            squares += d * d;
            nonfinite += finite ? 0 : 1;
        }
    }
}

// pieces [2, all]: from column `from` on the sums of squares and the numbers of non-finite elements of this launch's
// blocks.
extern "C" __global__ void __launch_bounds__(BLOCK)
    squares_pieces(const Tensors table, int count, double* __restrict__ pieces, int from, int all) {
    __shared__ double scratch[32];
    const Tensor& x = table.at[tensor_of_block(table, count)];
    int block = (int) blockIdx.x - x.first;
    double squares = 0;
    int nonfinite = 0;
    if (x.dtype == 0) measure<float>(x.x, x.n, block, squares, nonfinite);
    else if (x.dtype == 1) measure<f16>(x.x, x.n, block, squares, nonfinite);
    else measure<bf16>(x.x, x.n, block, squares, nonfinite);
    squares = block_sum_f64(squares, scratch);
    double counted = block_sum_f64((double) nonfinite, scratch);
    if (threadIdx.x == 0) {
        pieces[from + blockIdx.x] = squares;
        pieces[all + from + blockIdx.x] = counted;
    }
}

// One block: y [2] = the sums of the pieces [2, n].
extern "C" __global__ void __launch_bounds__(BLOCK)
    squares_total(const double* __restrict__ pieces, double* __restrict__ y, int n) {
    __shared__ double scratch[32];
    for (int k = 0; k < 2; k++) {
        double sum = 0;
        for (int i = threadIdx.x; i < n; i += BLOCK) sum += pieces[(i64) k * n + i];
        sum = block_sum_f64(sum, scratch);
        if (threadIdx.x == 0) y[k] = sum;
    }
}

// What follows a product while its sums are still in the block: bias, GELU, layer scale, residuals, ReLU or sigmoid.
//
//   z = sum + bias[channel]                                        stored in `before` when the gradient will want it
//   y = scale * last(residual + residual2 + gamma[channel] * gelu(z))
//
// Each part is left out when its pointer is null or its function not chosen. All of it is float32, bias and gamma too; y is
// rounded once, when it is stored, if it is 16-bit at all. A block hands over its sums as a float32 rectangle in shared
// memory, so that every thread gets 16 bytes of one row: whole sectors are read and written, whatever the layout of the sums
// in registers was.
#pragma once

// GATE: 0 where residual2, which is then not added, is not positive: the gradient of a ReLU whose input residual2 was.
enum Function { LINEAR = 0, GELU = 1, RELU = 2, SIGMOID = 3, GATE = 4 };

template <typename T> struct Epilogue {
    const float* bias;
    const float* gamma;
    const void* residual;   // laid out as y
    const void* residual2;
    T* before;
    void* y;                // null: the values are only kept in the block
    int wide;               // whether y and the residuals are float32; else they are T
    int function;
    float scale;

    // On to the matrix of a batch that starts `by` elements further on.
    __device__ __forceinline__ void shift(i64 by) {
        if (before) before += by;
        if (residual) residual = (const char*) residual + by * bytes();
        y = (char*) y + by * bytes();
    }
    __device__ __forceinline__ i64 bytes() const { return wide ? 4 : sizeof(T); }
};

// No epilogue: the sums themselves, as float32.
template <typename T> __device__ __forceinline__ Epilogue<T> sums_only(float* y) {
    return {nullptr, nullptr, nullptr, nullptr, nullptr, y, 1, LINEAR, 1.0f};
}

// Exact GELU of a value that will be rounded to T. gelu keeps the digits of the negative tail, which float32 results show;
// for halves 1 + erf is as good, and half the work: this runs once for each of some millions of elements after a product.
template <typename T> __device__ __forceinline__ float gelu_for(float x) { return 0.5f * x * (1.0f + erff(x * 0.70710678f)); }
template <> __device__ __forceinline__ float gelu_for<float>(float x) { return gelu(x); }
// max(x, 0) that lets NaN through.
__device__ __forceinline__ float relu(float x) { return x < 0.0f ? 0.0f : x; }

// The value of one element. The fused multiply-add is written out, so that all paths round alike.
template <typename T>
__device__ __forceinline__ float complete(float z, const Epilogue<T>& e, float gamma, float residual, float residual2) {
    if (e.function == GELU) z = gelu_for<T>(z);
    if (e.gamma || e.residual) z = fmaf(gamma, z, residual);
    if (e.function == GATE) z = residual2 <= 0.0f ? 0.0f : z;
    else if (e.residual2) z += residual2;
    if (e.function == RELU) z = relu(z);
    if (e.function == SIGMOID) z = 1.0f / (1.0f + expf(-z));
    return z * e.scale;
}

// Where element (row, column) of the product goes, and which element of the bias belongs to it.
struct Dense {
    int columns;
    __device__ __forceinline__ i64 at(int row, int column) const { return (i64) row * columns + column; }
    __device__ __forceinline__ int channel(int column) const { return column; }
    // Whether a group of aligned columns stays together in memory.
    __device__ __forceinline__ bool keeps(int group) const { return columns % group == 0; }
};

// A window of kh x kw pixels a row: pixel (n, r, c) of [N,H,W] becomes pixels (n, r kh + i, c kw + j) of a picture with
// O channels, and column (i kw + j) O + o is channel o of one of them. Transposed convolutions without overlap.
struct Windows {
    int height, width, kh, kw, channels;
    __device__ __forceinline__ i64 at(int row, int column) const {
        int line = kw * channels;  // what one pixel gives to one row of the picture: contiguous
        int i = column / line;
        int image_row = row / width;  // n H + r
        return ((i64) image_row * kh + i) * width * line + (i64) (row - image_row * width) * line + (column - i * line);
    }
    __device__ __forceinline__ int channel(int column) const { return column % channels; }
    __device__ __forceinline__ bool keeps(int group) const { return channels % group == 0; }
};

// Whether all that an epilogue reads and writes can be taken in groups of 16 bytes of T.
template <typename T, typename Place> __device__ __forceinline__ bool in_groups(const Epilogue<T>& e, const Place& place) {
    return place.keeps(Vec<T>::N) && aligned16((const T*) e.y) && aligned16(e.bias) && aligned16(e.gamma) && aligned16((const T*) e.residual)
        && aligned16((const T*) e.residual2) && aligned16(e.before);
}

// N neighbours in groups of 16 bytes.
template <int N, typename T> __device__ __forceinline__ void read_group(float (&z)[N], const T* from) {
#pragma unroll
    for (int i = 0; i < N; i += Vec<T>::N) {
        Vec<T> v = *(const Vec<T>*) (from + i);
#pragma unroll
        for (int j = 0; j < Vec<T>::N; j++) z[i + j] = to_f32(v.at[j]);
    }
}
template <int N, typename T> __device__ __forceinline__ void write_group(T* to, const float (&z)[N]) {
#pragma unroll
    for (int i = 0; i < N; i += Vec<T>::N) {
        Vec<T> v;
#pragma unroll
        for (int j = 0; j < Vec<T>::N; j++) v.at[j] = from_f32<T>(z[i + j]);
        *(Vec<T>*) (to + i) = v;
    }
}

// The same from and to memory that holds float32 or T.
template <typename T, int N> __device__ __forceinline__ void read_group(float (&z)[N], const void* from, i64 at, bool wide) {
    if (wide) read_group(z, (const float*) from + at);
    else read_group(z, (const T*) from + at);
}
template <typename T> __device__ __forceinline__ float read_one(const void* from, i64 at, bool wide) {
    if (!from) return 0.0f;
    return wide ? ((const float*) from)[at] : to_f32(((const T*) from)[at]);
}

// Finishes one value that has its bias, without a scale for its channel, and stores it.
template <typename T> __device__ __forceinline__ void finish_one(float z, i64 to, const Epilogue<T>& e) {
    z = complete(z, e, 1.0f, read_one<T>(e.residual, to, e.wide), read_one<T>(e.residual2, to, e.wide));
    if (e.wide) ((float*) e.y)[to] = z;
    else ((T*) e.y)[to] = from_f32<T>(z);
}

// Finishes the sums of up to Vec<T>::N neighbours of a row; at most `count` of them exist, all when `vector`. KEEP: puts the
// finished values where the sums were, for what the block does with them next.
template <bool KEEP, typename T, typename Sum, typename Place>
__device__ __forceinline__ void finish_group(Sum* sums, int row, int column, int count, const Epilogue<T>& e,
                                             const Place& place, bool vector) {
    constexpr int G = Vec<T>::N;
    bool wide = sizeof(T) < 4 && e.wide;
    if (vector) {
        i64 to = place.at(row, column);
        int channel = place.channel(column);
        float z[G], gamma[G], residual[G], residual2[G];
        read_group(z, (const float*) sums);
        if (e.bias) {
            read_group(gamma, e.bias + channel);
#pragma unroll
            for (int i = 0; i < G; i++) z[i] += gamma[i];
        }
        if (e.before) write_group(e.before + to, z);
#pragma unroll
        for (int i = 0; i < G; i++) {
            gamma[i] = 1.0f;
            residual[i] = 0.0f;
            residual2[i] = 0.0f;
        }
        if (e.gamma) read_group(gamma, e.gamma + channel);
        if (e.residual) read_group<T>(residual, e.residual, to, wide);
        if (e.residual2) read_group<T>(residual2, e.residual2, to, wide);
#pragma unroll
        for (int i = 0; i < G; i++) z[i] = complete(z[i], e, gamma[i], residual[i], residual2[i]);
        if constexpr (KEEP) write_group(sums, z);
        if (KEEP && !e.y) return;
        if (wide) write_group((float*) e.y + to, z);
        else write_group((T*) e.y + to, z);
    } else {
#pragma unroll 1
        for (int i = 0; i < G && i < count; i++) {
            i64 to = place.at(row, column + i);
            int channel = place.channel(column + i);
            float z = sums[i];
            if (e.bias) z += e.bias[channel];
            if (e.before) e.before[to] = from_f32<T>(z);
            z = complete(z, e, e.gamma ? e.gamma[channel] : 1.0f, read_one<T>(e.residual, to, wide),
                         read_one<T>(e.residual2, to, wide));
            if constexpr (KEEP) sums[i] = z;
            if (KEEP && !e.y) continue;
            if (wide) ((float*) e.y)[to] = z;
            else ((T*) e.y)[to] = from_f32<T>(z);
        }
    }
}

// Finishes ROWS x COLUMNS sums of shared memory (LD floats a row), the first being element (row0, column0) of a result
// of rows x columns.
template <bool KEEP, int ROWS, int COLUMNS, int LD, int THREADS, typename T, typename Place>
__device__ __forceinline__ void finish(float* sums, int row0, int column0, int rows, int columns, const Epilogue<T>& e,
                                       const Place& place) {
    constexpr int G = Vec<T>::N;
    constexpr int GROUPS = COLUMNS / G;  // in a row
    bool vector = in_groups(e, place);
#pragma unroll 1
    for (int g = threadIdx.x; g < ROWS * GROUPS; g += THREADS) {
        int r = g / GROUPS, c = g % GROUPS * G;
        if (row0 + r < rows && column0 + c < columns)
            finish_group<KEEP>(sums + r * LD + c, row0 + r, column0 + c, columns - column0 - c, e, place, vector);
    }
}

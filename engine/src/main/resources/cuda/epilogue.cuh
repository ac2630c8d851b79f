// What follows a product while its sums are still in the block: bias, activation, layer scale, residual.
//
//   z = sum + bias[column]          stored in `before` when the gradient will want it
//   y = residual + gamma[column] * act(z)
//
// Each part is left out when its pointer is null. All of it is float32; y is rounded once, when it is stored. A block
// hands over its sums as a float32 rectangle in shared memory, so that every thread gets 16 bytes of one row: whole
// sectors are read and written, whatever the layout of the sums in registers was.
#pragma once

enum Activation { ACT_NONE = 0, ACT_RELU = 1, ACT_GELU = 2, ACT_RELU_LAST = 3 };  // ..._LAST: after the residual

template <typename T> struct Epilogue {
    const T* bias;
    const T* gamma;
    const T* residual;  // laid out as y
    T* before;          // laid out as y
    T* y;
    int activation;
};

// Exact GELU of a value that will be rounded to T. gelu keeps the digits of the negative tail, which float32 results show;
// for halves 1 + erf is as good, and half the work: this runs once for each of some millions of elements after a product.
template <typename T> __device__ __forceinline__ float gelu_for(float x) { return 0.5f * x * (1.0f + erff(x * 0.70710678f)); }
template <> __device__ __forceinline__ float gelu_for<float>(float x) { return gelu(x); }
// max(x, 0) that lets NaN through.
__device__ __forceinline__ float relu(float x) { return x < 0.0f ? 0.0f : x; }

template <typename T> __device__ __forceinline__ float activate(float z, int activation) {
    if (activation == ACT_GELU) return gelu_for<T>(z);
    return activation == ACT_RELU ? relu(z) : z;
}
// The fused multiply-add is written out, so that all paths round alike.
__device__ __forceinline__ float scale_and_add(float a, float gamma, float residual) { return fmaf(gamma, a, residual); }

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

// Whether all that an epilogue reads and writes can be taken in groups of 16 bytes.
template <typename T, typename Place> __device__ __forceinline__ bool in_groups(const Epilogue<T>& e, const Place& place) {
    return place.keeps(Vec<T>::N) && aligned16(e.y) && aligned16(e.bias) && aligned16(e.gamma) && aligned16(e.residual)
        && aligned16(e.before);
}

// Finishes the sums of up to Vec<T>::N neighbours of a row; at most `count` of them exist, all when `vector`.
template <typename T, typename Place>
__device__ __forceinline__ void finish_group(const float* sums, int row, int column, int count, const Epilogue<T>& e,
                                             const Place& place, bool vector) {
    constexpr int G = Vec<T>::N;
    if (vector) {
        i64 to = place.at(row, column);
        int channel = place.channel(column);
        float z[G];
#pragma unroll
        for (int i = 0; i < G; i += 4) {
            float4 four = *(const float4*) (sums + i);
            z[i] = four.x; z[i + 1] = four.y; z[i + 2] = four.z; z[i + 3] = four.w;
        }
        Vec<T> v;
        if (e.bias) {
            v = *(const Vec<T>*) (e.bias + channel);
#pragma unroll
            for (int i = 0; i < G; i++) z[i] += to_f32(v.at[i]);
        }
        if (e.before) {
#pragma unroll
            for (int i = 0; i < G; i++) v.at[i] = from_f32<T>(z[i]);
            *(Vec<T>*) (e.before + to) = v;
        }
        if (e.activation == ACT_GELU) {
#pragma unroll
            for (int i = 0; i < G; i++) z[i] = gelu_for<T>(z[i]);
        } else if (e.activation == ACT_RELU) {
#pragma unroll
            for (int i = 0; i < G; i++) z[i] = relu(z[i]);
        }
        if (e.gamma || e.residual) {
            Vec<T> gamma, residual;
            if (e.gamma) gamma = *(const Vec<T>*) (e.gamma + channel);
            if (e.residual) residual = *(const Vec<T>*) (e.residual + to);
#pragma unroll
            for (int i = 0; i < G; i++)
                z[i] = scale_and_add(z[i], e.gamma ? to_f32(gamma.at[i]) : 1.0f, e.residual ? to_f32(residual.at[i]) : 0.0f);
        }
        if (e.activation == ACT_RELU_LAST) {
#pragma unroll
            for (int i = 0; i < G; i++) z[i] = relu(z[i]);
        }
#pragma unroll
        for (int i = 0; i < G; i++) v.at[i] = from_f32<T>(z[i]);
        *(Vec<T>*) (e.y + to) = v;
    } else {
#pragma unroll 1
        for (int i = 0; i < G && i < count; i++) {
            i64 to = place.at(row, column + i);
            int channel = place.channel(column + i);
            float z = sums[i];
            if (e.bias) z += to_f32(e.bias[channel]);
            if (e.before) e.before[to] = from_f32<T>(z);
            z = activate<T>(z, e.activation);
            if (e.gamma || e.residual)
                z = scale_and_add(z, e.gamma ? to_f32(e.gamma[channel]) : 1.0f, e.residual ? to_f32(e.residual[to]) : 0.0f);
            if (e.activation == ACT_RELU_LAST) z = relu(z);
            e.y[to] = from_f32<T>(z);
        }
    }
}

// Finishes ROWS x COLUMNS sums of shared memory (LD floats a row), the first being element (row0, column0) of a result
// of rows x columns.
template <typename T, int ROWS, int COLUMNS, int LD, int THREADS, typename Place>
__device__ __forceinline__ void finish(const float* sums, int row0, int column0, int rows, int columns,
                                       const Epilogue<T>& e, const Place& place) {
    constexpr int G = Vec<T>::N;
    constexpr int GROUPS = COLUMNS / G;  // in a row
    bool vector = in_groups(e, place);
#pragma unroll 1
    for (int g = threadIdx.x; g < ROWS * GROUPS; g += THREADS) {
        int r = g / GROUPS, c = g % GROUPS * G;
        if (row0 + r < rows && column0 + c < columns)
            finish_group(sums + r * LD + c, row0 + r, column0 + c, columns - column0 - c, e, place, vector);
    }
}

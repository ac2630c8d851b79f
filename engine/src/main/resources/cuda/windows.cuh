// A convolution as a product: a line of its left operand is the window of a result pixel, which is never in memory. These
// find the elements of windows where they are in the pictures.
//
//   forward:  window of result pixel p, element (i, j, q): x[n, r strideH + i - padH, c strideW + j - padW, q]
//   backward: "window" of picture pixel p, element (i, j, o): dy[n, (r + padH - i) / strideH, (c + padW - j) / strideW, o] where
//             the divisions come out even: every result whose window covered the pixel, by the place where it did
#pragma once

struct Geometry {
    int images, height, width, channels;  // the picture [N,H,W,C]
    int out_h, out_w;                     // of the result [N,H',W',O]
    int kh, kw, stride_h, stride_w, pad_h, pad_w;

    __device__ __forceinline__ int pixels() const { return images * height * width; }
    __device__ __forceinline__ int results() const { return images * out_h * out_w; }
    __device__ __forceinline__ int taps() const { return kh * kw; }
};

// An element of a window: channel `channel` of place (i, j).
struct WindowPlace {
    int i, j, channel;

    // Element k of a window whose places have `channels`.
    __device__ __forceinline__ void start(const Geometry& g, int channels, int k) {
        i = 0;
        j = 0;
        channel = 0;
        advance(g, channels, k);
    }
    __device__ __forceinline__ void advance(const Geometry& g, int channels, int by) {
        channel += by;
#pragma unroll 1
        while (channel >= channels) {
            channel -= channels;
            next_place(g);
        }
    }
    __device__ __forceinline__ void next(const Geometry& g, int channels) {
        if (++channel == channels) {
            channel = 0;
            next_place(g);
        }
    }
    __device__ __forceinline__ void next_place(const Geometry& g) {
        if (++j == g.kw) {
            j = 0;
            i++;
        }
    }
};

// The window of a result pixel.
template <typename T> struct ForwardWindow {
    const T* at;      // where it would start; outside the picture where it is padded
    int row, column;

    // From the pixel's number over [N,H',W']; those from g.results() on have no window.
    __device__ __forceinline__ void set(const T* x, const Geometry& g, int, int pixel) {
        int image_row = pixel / g.out_w;
        int image = image_row / g.out_h;
        set(x, g, image, image_row - image * g.out_h, pixel - image_row * g.out_w);
    }
    __device__ __forceinline__ void set(const T* x, const Geometry& g, int image, int r, int c) {
        row = r * g.stride_h - g.pad_h;
        column = c * g.stride_w - g.pad_w;
        at = x + (((i64) image * g.height + row) * g.width + column) * g.channels;
        if (image >= g.images) row = -0x40000000;
    }
    // Where an element is; null where there is none.
    __device__ __forceinline__ const T* find(const Geometry& g, int channels, const WindowPlace& p) const {
        bool inside = p.i < g.kh && (u32) (row + p.i) < (u32) g.height && (u32) (column + p.j) < (u32) g.width;
        return inside ? at + ((i64) p.i * g.width + p.j) * channels + p.channel : nullptr;
    }
};

// What the results owe to a picture pixel.
template <typename T> struct BackwardWindow {
    const T* at;      // the results of this picture
    int row, column;

    __device__ __forceinline__ void set(const T* dy, const Geometry& g, int outputs, int pixel) {
        int image_row = pixel / g.width;
        int image = image_row / g.height;
        row = image_row - image * g.height + g.pad_h;
        column = pixel - image_row * g.width + g.pad_w;
        at = dy + (i64) image * g.out_h * g.out_w * outputs;
        if (image >= g.images) row = -0x40000000;
    }
    __device__ __forceinline__ const T* find(const Geometry& g, int outputs, const WindowPlace& p) const {
        int r = row - p.i, c = column - p.j;
        bool inside = p.i < g.kh && r >= 0 && c >= 0;
        if (g.stride_h > 1 || g.stride_w > 1) {
            inside = inside && r % g.stride_h == 0 && c % g.stride_w == 0;
            r /= g.stride_h;
            c /= g.stride_w;
        }
        inside = inside && r < g.out_h && c < g.out_w;
        return inside ? at + ((i64) r * g.out_w + c) * outputs + p.channel : nullptr;
    }
};

// Result pixels one after the other.
struct ResultWalk {
    int image, row, column;

    __device__ __forceinline__ void start(const Geometry& g, int pixel) {
        int image_row = pixel / g.out_w;
        image = image_row / g.out_h;
        row = image_row - image * g.out_h;
        column = pixel - image_row * g.out_w;
    }
    __device__ __forceinline__ void advance(const Geometry& g, int by) {
        column += by;
#pragma unroll 1
        while (column >= g.out_w) {
            column -= g.out_w;
            if (++row == g.out_h) {
                row = 0;
                image++;
            }
        }
    }
};

package dev.fathom.nn.checkpoint;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Elements at {@code offset + sum(index[i] * stride[i])} of a flat array: PyTorch's tensor over its storage. Sizes,
 * strides and offset count elements.
 */
record StridedView(long offset, long[] size, long[] stride) {

    /** Number of elements, or -1 where that number does not fit a long. */
    long numel() {
        long product = 1;
        for (long s : size) {
            if (s == 0) {
                return 0;
            }
            product = product > Long.MAX_VALUE / s ? -1 : product * s;
            if (product < 0) {
                return -1;
            }
        }
        return product;
    }

    /** Whether every element lies in a storage of {@code elements}; false for negative or overflowing numbers too. */
    boolean fits(long elements) {
        long last = offset;
        boolean empty = false;
        boolean sound = offset >= 0 && size.length == stride.length;
        for (int i = 0; sound && i < size.length; i++) {
            sound = size[i] >= 0 && size[i] <= Integer.MAX_VALUE && stride[i] >= 0;
            empty |= size[i] == 0;
            if (sound && size[i] > 1) {
                long high = Math.multiplyHigh(size[i] - 1, stride[i]);
                long step = (size[i] - 1) * stride[i];
                sound = high == 0 && step >= 0 && step <= Long.MAX_VALUE - last;
                last += step;
            }
        }
        return sound && numel() >= 0 && (empty ? offset <= elements : last < elements);
    }

    /** Whether the elements already lie in C order without gaps. */
    boolean isContiguous() {
        long expected = 1;
        for (int i = size.length - 1; i >= 0; i--) {
            if (size[i] == 0) {
                return true;
            }
            if (size[i] != 1 && stride[i] != expected) {
                return false;
            }
            expected *= size[i];
        }
        return true;
    }

    /** Copies the elements in C order; the view must {@link #fits fit} the storage. */
    void gather(MemorySegment storage, int elementBytes, MemorySegment out) {
        long numel = numel();
        if (numel == 0) {
            return;
        }
        int rank = size.length;
        long rowLength = rank == 0 ? 1 : size[rank - 1];
        long rowStride = rank == 0 ? 1 : stride[rank - 1];
        long[] index = new long[rank];
        long from = offset;
        for (long written = 0; written < numel; written += rowLength) {
            copyRow(storage, from, rowStride, rowLength, elementBytes, out, written);
            for (int axis = rank - 2; axis >= 0; axis--) {
                from += stride[axis];
                if (++index[axis] < size[axis]) {
                    break;
                }
                from -= stride[axis] * size[axis];
                index[axis] = 0;
            }
        }
    }

    private static void copyRow(MemorySegment in, long from, long stride, long length, int bytes, MemorySegment out,
            long to) {
        if (stride == 1) {
            MemorySegment.copy(in, from * bytes, out, to * bytes, length * bytes);
            return;
        }
        for (long i = 0; i < length; i++) {
            long source = (from + i * stride) * bytes;
            long target = (to + i) * bytes;
            switch (bytes) {
                case 1 -> out.set(ValueLayout.JAVA_BYTE, target, in.get(ValueLayout.JAVA_BYTE, source));
                case 2 -> out.set(ValueLayout.JAVA_SHORT_UNALIGNED, target,
                        in.get(ValueLayout.JAVA_SHORT_UNALIGNED, source));
                case 4 -> out.set(ValueLayout.JAVA_INT_UNALIGNED, target,
                        in.get(ValueLayout.JAVA_INT_UNALIGNED, source));
                default -> out.set(ValueLayout.JAVA_LONG_UNALIGNED, target,
                        in.get(ValueLayout.JAVA_LONG_UNALIGNED, source));
            }
        }
    }
}

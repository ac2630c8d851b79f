package dev.fathom.nn.hdf5;

import dev.fathom.engine.errors.Hdf5Exception;
import io.jhdf.api.Dataset;
import io.jhdf.api.dataset.ChunkedDataset;
import io.jhdf.api.dataset.ContiguousDataset;
import io.jhdf.dataset.DatasetBase;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.OptionalLong;

/**
 * The stored bytes of a data set or of a box in it. Sizes are checked against the file and the heap before anything is
 * allocated; {@link Hdf5Chunks} checks the chunks.
 */
final class Hdf5Data {
    private static final long UNDEFINED_ADDRESS = -1L;

    private Hdf5Data() {
    }

    /** All elements in C order, in the file's byte order. */
    static ByteBuffer read(Dataset dataset, Hdf5Element element, long fileBytes, String where) {
        int bytes = checkedBytes(dataset.getDimensions(), element, where);
        if (bytes == 0 || checkStorage(dataset, bytes, fileBytes, where) == Storage.NEVER_WRITTEN) {
            return ByteBuffer.allocate(bytes);
        }
        ByteBuffer raw = base(dataset, where).getDataBuffer();
        if (raw.remaining() != bytes) {
            throw new Hdf5Exception(where + " stores " + raw.remaining() + " bytes; expected " + bytes + " for shape "
                    + Arrays.toString(dataset.getDimensions()) + ": make the file again.");
        }
        return raw;
    }

    /** The elements of a box in C order, in the file's byte order. */
    static ByteBuffer readBox(Dataset dataset, Hdf5Element element, long fileBytes, int[] offset, int[] count,
            String where) {
        int[] shape = dataset.getDimensions();
        boolean fits = offset.length == shape.length && count.length == shape.length;
        for (int i = 0; fits && i < shape.length; i++) {
            fits = offset[i] >= 0 && count[i] >= 0 && (long) offset[i] + count[i] <= shape[i];
        }
        if (!fits) {
            throw new Hdf5Exception(where + " has shape " + Arrays.toString(shape)
                    + "; expected a box inside it, got offset "
                    + Arrays.toString(offset) + " and count " + Arrays.toString(count) + ": check the indices.");
        }
        long whole = bytes(shape, element);         // of which only the box must fit in memory
        int bytes = checkedBytes(count, element, where);
        if (bytes == 0 || checkStorage(dataset, whole, fileBytes, where) == Storage.NEVER_WRITTEN) {
            return ByteBuffer.allocate(bytes);
        }
        if (dataset instanceof ChunkedDataset || dataset instanceof ContiguousDataset) {
            return base(dataset, where).getSliceDataBuffer(Arrays.stream(offset).asLongStream().toArray(), count);
        }
        return cut(base(dataset, where).getDataBuffer(), shape, offset, count, element.kind().bytes());
    }

    /** Copies a box row by row. For compact data sets, which jhdf gives whole only and which are at most 64 KiB. */
    private static ByteBuffer cut(ByteBuffer whole, int[] shape, int[] offset, int[] count, int elementBytes) {
        int last = shape.length - 1;
        int rowBytes = last < 0 ? elementBytes : count[last] * elementBytes;
        int rows = 1;
        for (int axis = 0; axis < last; axis++) {
            rows *= count[axis];
        }
        ByteBuffer out = ByteBuffer.allocate(rows * rowBytes);
        for (int row = 0; row < rows; row++) {
            int position = last < 0 ? 0 : offset[last];
            int rest = row;
            int stride = last < 0 ? 0 : shape[last];
            for (int axis = last - 1; axis >= 0; axis--) {
                position += (offset[axis] + rest % count[axis]) * stride;
                rest /= count[axis];
                stride *= shape[axis];
            }
            out.put(whole.slice(whole.position() + position * elementBytes, rowBytes));
        }
        return out.flip();
    }

    /** Element count times element size, or the largest long where that is too small. */
    private static long bytes(int[] shape, Hdf5Element element) {
        long bytes = element.kind().bytes();
        for (int size : shape) {
            bytes = size < 0 || (size > 0 && bytes > Long.MAX_VALUE / size) ? Long.MAX_VALUE : bytes * size;
        }
        return bytes;
    }

    /** The same, refused where no Java array could hold it. */
    private static int checkedBytes(int[] shape, Hdf5Element element, String where) {
        long bytes = bytes(shape, element);
        long most = Math.min(Integer.MAX_VALUE - 8, Runtime.getRuntime().maxMemory() / 2);
        if (bytes > most) {
            throw new Hdf5Exception(where + " has shape " + Arrays.toString(shape) + " of " + element.kind()
                    + "; expected at most " + most + " bytes at once: read it in boxes, or raise -Xmx.");
        }
        return (int) bytes;
    }

    /** See {@link Hdf5Arrays#fileOffset}. */
    static OptionalLong fileOffset(Dataset dataset, Hdf5Element element, long fileBytes, String where) {
        long bytes = bytes(dataset.getDimensions(), element);
        boolean plain = element.order() == ByteOrder.LITTLE_ENDIAN || element.kind().bytes() == 1;
        if (plain && bytes > 0 && dataset instanceof ContiguousDataset c && c.getDataAddress() != UNDEFINED_ADDRESS) {
            return OptionalLong.of(checkedStart(c, bytes, fileBytes, where));
        }
        return OptionalLong.empty();
    }

    /** The first byte in the file, user block counted, refused where the data would reach beyond the end. */
    private static long checkedStart(ContiguousDataset dataset, long bytes, long fileBytes, String where) {
        long start = dataset.getDataAddress() + dataset.getHdfFile().getUserBlockSize();
        if (start < 0 || start > fileBytes || bytes > fileBytes - start) {
            throw new Hdf5Exception(where + " has " + bytes + " bytes at " + start + " of a file of " + fileBytes
                    + "; expected the data inside the file: it is cut off, get it again.");
        }
        return start;
    }

    private enum Storage { WRITTEN, NEVER_WRITTEN }

    private static Storage checkStorage(Dataset dataset, long bytes, long fileBytes, String where) {
        return switch (dataset) {
            case ContiguousDataset c when c.getDataAddress() == UNDEFINED_ADDRESS -> neverWritten(dataset, where);
            case ContiguousDataset c -> {
                checkedStart(c, bytes, fileBytes, where);
                yield Storage.WRITTEN;
            }
            case ChunkedDataset c -> {
                Hdf5Chunks.check(c, where);
                yield c.isEmpty() ? neverWritten(dataset, where) : Storage.WRITTEN;
            }
            default -> Storage.WRITTEN;
        };
    }

    private static Storage neverWritten(Dataset dataset, String where) {
        if (!Hdf5Chunks.fillsWithZero(dataset)) {
            throw new Hdf5Exception(where + " was created but never written and its fill value is "
                    + dataset.getFillValue() + "; expected stored values: write the data.");
        }
        return Storage.NEVER_WRITTEN;
    }

    private static DatasetBase base(Dataset dataset, String where) {
        if (dataset instanceof DatasetBase base) {
            return base;
        }
        throw new Hdf5Exception(where + " is a " + dataset.getClass().getSimpleName() + "; expected stored elements.");
    }
}

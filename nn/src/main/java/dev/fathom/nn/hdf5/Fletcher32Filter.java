package dev.fathom.nn.hdf5;

import io.jhdf.exceptions.HdfFilterException;
import io.jhdf.filter.Filter;
import java.util.Arrays;

/**
 * HDF5's chunk checksum, verified. jhdf's own filter 3 only steps over it, with a warning, so that an altered chunk
 * would read as data.
 *
 * <p>The sum is that of {@code H5_checksum_fletcher32} in the HDF5 library: two sums in ones' complement (modulo
 * 65535, but with 65535 for a zero that was reached by wrapping) over the chunk as big-endian 16-bit words, an odd last
 * byte being the upper half of a word; stored as a little-endian 32-bit value behind the chunk.
 */
final class Fletcher32Filter implements Filter {
    private static final int CHECKSUM_BYTES = 4;

    @Override
    public int getId() {
        return 3;
    }

    @Override
    public String getName() {
        return "fletcher32";
    }

    @Override
    public byte[] decode(byte[] chunk, int[] parameters) {
        int length = chunk.length - CHECKSUM_BYTES;
        if (length < 0) {
            throw new HdfFilterException("a chunk of " + chunk.length
                    + " bytes is too short for its Fletcher checksum");
        }
        int stored = 0;
        for (int i = 0; i < CHECKSUM_BYTES; i++) {
            stored |= (chunk[length + i] & 0xff) << (8 * i);
        }
        int computed = checksum(chunk, length);
        if (stored != computed) {
            throw new HdfFilterException(
                    "a chunk's Fletcher checksum is %08x where %08x was expected".formatted(computed, stored));
        }
        return Arrays.copyOf(chunk, length);
    }

    static int checksum(byte[] data, int length) {
        int sum1 = 0;
        int sum2 = 0;
        for (int i = 0; i < length; i += 2) {
            int low = i + 1 < length ? data[i + 1] & 0xff : 0;
            sum1 = fold(sum1 + ((data[i] & 0xff) << 8 | low));
            sum2 = fold(sum2 + sum1);
        }
        return sum2 << 16 | sum1;
    }

    private static int fold(int sum) {
        return (sum & 0xffff) + (sum >>> 16);
    }
}

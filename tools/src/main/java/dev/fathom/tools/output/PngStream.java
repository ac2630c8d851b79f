package dev.fathom.tools.output;

import dev.fathom.engine.cpu.WorkPool;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.zip.Adler32;
import java.util.zip.CRC32;

/**
 * Writes a PNG (ISO/IEC 15948) fast: rows are filtered and compressed in bands that know nothing of each other, on all
 * cores where the calling thread may use them. The split depends on the picture's size alone, so the bytes do too.
 *
 * <p>Java's own writer takes ten times as long for files of the same size: it tries five filters on every row and looks
 * for repetitions that filtered photos do not have. See {@link RunDeflate}.
 *
 * @param width  pixels; {@code height} rows
 * @param depth  bits of a sample, 8 or 16
 * @param colour PNG's colour type: 0 grey, 2 red, green and blue
 */
record PngStream(int width, int height, int depth, int colour) {
    static final int GREY = 0;
    static final int RGB = 2;

    private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
    /** Bands compressed before they are written: bounds the memory, and is plenty for the cores. */
    private static final int AT_ONCE = 32;
    /** Of the rows of a band, every so many are tried with all filters. */
    private static final int TRIED = 8;
    /** Adler-32 is computed modulo this, the greatest prime below 2^16. */
    private static final long ADLER = 65521;

    /** A compressed band: deflate, and the check sum and length of what it came from. */
    private record Band(byte[] data, long adler, long length) {
    }

    /**
     * Writes the file.
     *
     * @param text keywords (Latin letters) and what they say, in this order
     */
    void write(OutputStream out, Map<String, String> text, PngRows rows) throws IOException {
        out.write(SIGNATURE);
        chunk(out, "IHDR", ByteBuffer.allocate(13).putInt(width).putInt(height).put((byte) depth).put((byte) colour)
                .array());
        for (Map.Entry<String, String> entry : text.entrySet()) {
            text(out, entry.getKey(), entry.getValue());
        }
        // zlib (RFC 1950): deflate with a window of 32 KiB, the fastest kind; the check sum follows at the end.
        chunk(out, "IDAT", new byte[] {0x78, 0x01});
        int perBand = Math.max(1, RunDeflate.MOST / (stride() + 1));
        int count = (height + perBand - 1) / perBand;
        Queue<RunDeflate> idle = new ConcurrentLinkedQueue<>();
        long adler = 1;
        for (int first = 0; first < count; first += AT_ONCE) {
            Band[] bands = new Band[Math.min(AT_ONCE, count - first)];
            int from = first;
            WorkPool.shared().run(bands.length, b -> {
                int top = (from + b) * perBand;
                RunDeflate deflate = Objects.requireNonNullElseGet(idle.poll(), RunDeflate::new);
                bands[b] = band(rows, top, Math.min(perBand, height - top), deflate);
                idle.add(deflate);
            });
            for (Band band : bands) {
                chunk(out, "IDAT", band.data);
                adler = combined(adler, band);
            }
        }
        chunk(out, "IDAT", ByteBuffer.allocate(4).putInt((int) adler).array());
        chunk(out, "IEND", new byte[0]);
    }

    /** Bytes of a pixel. */
    private int pixel() {
        return (colour == RGB ? 3 : 1) * depth / 8;
    }

    /** Bytes of a row. */
    private int stride() {
        return Math.multiplyExact(width, pixel());
    }

    private Band band(PngRows rows, int top, int count, RunDeflate deflate) {
        int stride = stride();
        int pixel = pixel();
        byte[] row = new byte[pixel + stride];
        byte[] above = new byte[pixel + stride];
        byte[] filtered = new byte[Math.multiplyExact(count, stride + 1)];
        PngFilter filter = best(rows, top, count);
        if (top > 0) {
            rows.read(top - 1, above, pixel);
        }
        for (int y = 0; y < count; y++) {
            rows.read(top + y, row, pixel);
            int at = y * (stride + 1);
            filtered[at] = filter.number();
            filter.apply(row, above, pixel, filtered, at + 1);
            byte[] done = above;
            above = row;
            row = done;
        }
        Adler32 sum = new Adler32();
        sum.update(filtered);
        return new Band(compressed(filtered, deflate, top + count == height), sum.getValue(), filtered.length);
    }

    /** A very wide row is more than one piece. */
    private static byte[] compressed(byte[] filtered, RunDeflate deflate, boolean last) {
        if (filtered.length <= RunDeflate.MOST) {
            return deflate.compress(filtered, 0, filtered.length, last);
        }
        ByteBuffer all = ByteBuffer.allocate(Math.multiplyExact(2, filtered.length));
        for (int at = 0; at < filtered.length; at += RunDeflate.MOST) {
            int length = Math.min(RunDeflate.MOST, filtered.length - at);
            all.put(deflate.compress(filtered, at, length, last && at + length == filtered.length));
        }
        byte[] exact = new byte[all.position()];
        all.flip().get(exact);
        return exact;
    }

    /** The filter that leaves the smallest numbers in some of the rows. The slowest one must be worth it. */
    private PngFilter best(PngRows rows, int top, int count) {
        byte[] row = new byte[pixel() + stride()];
        byte[] above = new byte[pixel() + stride()];
        byte[] out = new byte[stride()];
        PngFilter[] filters = PngFilter.values();
        long[] sizes = new long[filters.length];
        for (int y = Math.min(TRIED, count) / 2; y < count; y += TRIED) {
            if (top + y > 0) {
                rows.read(top + y - 1, above, pixel());
            }
            rows.read(top + y, row, pixel());
            for (PngFilter filter : filters) {
                filter.apply(row, above, pixel(), out, 0);
                sizes[filter.ordinal()] += magnitude(out);
            }
        }
        PngFilter best = PngFilter.SUB;
        for (PngFilter filter : filters) {
            long size = sizes[filter.ordinal()];
            if ((filter == PngFilter.PAETH ? size + size / 16 : size) < sizes[best.ordinal()]) {
                best = filter;
            }
        }
        return best;
    }

    private static long magnitude(byte[] bytes) {
        int sum = 0;
        long all = 0;
        for (int from = 0; from < bytes.length; from += 1 << 20) {
            for (int i = from; i < Math.min(bytes.length, from + (1 << 20)); i++) {
                sum += Math.abs(bytes[i]);
            }
            all += sum;
            sum = 0;
        }
        return all;
    }

    /**
     * The check sum of two parts behind each other. Of n bytes d, a = 1 + sum of d, b = sum of all values of a: the
     * second part's b grows by its length times what the first part's a is more than 1.
     */
    private static long combined(long first, Band next) {
        long a1 = first & 0xFFFF;
        long a2 = next.adler & 0xFFFF;
        long a = (a1 + a2 + ADLER - 1) % ADLER;
        long b = ((first >>> 16) + (next.adler >>> 16) + next.length % ADLER * (a1 + ADLER - 1)) % ADLER;
        return b << 16 | a;
    }

    /** A tEXt chunk for plain letters, an iTXt chunk (uncompressed, no language) for what else people call files. */
    private static void text(OutputStream out, String keyword, String value) throws IOException {
        boolean plain = value.chars().allMatch(c -> c >= 32 && c < 127);
        byte[] name = keyword.getBytes(StandardCharsets.ISO_8859_1);
        byte[] words = value.getBytes(StandardCharsets.UTF_8);
        chunk(out, plain ? "tEXt" : "iTXt", ByteBuffer.allocate(name.length + (plain ? 1 : 5) + words.length).put(name)
                .put(new byte[plain ? 1 : 5]).put(words).array());
    }

    private static void chunk(OutputStream out, String type, byte[] data) throws IOException {
        byte[] name = type.getBytes(StandardCharsets.US_ASCII);
        CRC32 crc = new CRC32();
        crc.update(name);
        crc.update(data);
        out.write(ByteBuffer.allocate(8).putInt(data.length).put(name).array());
        out.write(data);
        out.write(ByteBuffer.allocate(4).putInt((int) crc.getValue()).array());
    }
}

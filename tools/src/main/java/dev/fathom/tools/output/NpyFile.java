package dev.fathom.tools.output;

import dev.fathom.engine.errors.FathomException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * NumPy's {@code .npy}, version 1.0, little-endian float32, [H,W]: what {@code numpy.load} reads.
 *
 * <p>Layout (numpy/lib/format.py): the bytes 93 4E 55 4D 50 59, version 1 0, a little-endian 16-bit header length, the
 * header (a Python dictionary, padded with spaces to a multiple of 64 bytes in all and ended by a newline), the data.
 */
public final class NpyFile {
    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0};
    private static final Pattern HEADER = Pattern.compile(
        "\\{'descr': '<f4', 'fortran_order': False, 'shape': \\((\\d+), (\\d+)\\), \\} *\n");

    private NpyFile() {
    }

    /** Writes the map, and beside it {@code <stem>.json} with its provenance. */
    public static void write(Path file, DepthMap map, Provenance provenance) {
        String dictionary = "{'descr': '<f4', 'fortran_order': False, 'shape': (" + map.height() + ", " + map.width()
            + "), }";
        int unpadded = MAGIC.length + 2 + dictionary.length() + 1;
        String header = dictionary + " ".repeat(Math.floorMod(-unpadded, 64)) + "\n";
        ByteBuffer start = ByteBuffer.allocate(MAGIC.length + 2 + header.length()).order(ByteOrder.LITTLE_ENDIAN);
        start.put(MAGIC).putShort((short) header.length()).put(header.getBytes(StandardCharsets.US_ASCII));
        ByteBuffer data = ByteBuffer.allocate(Math.multiplyExact(4, map.values().length)).order(ByteOrder.LITTLE_ENDIAN);
        data.asFloatBuffer().put(map.values());
        AtomicFile.write(file, "the array", out -> {
            out.write(start.array());
            out.write(data.array());
        });
        Sidecar.write(file, map, provenance);
    }

    /**
     * Reads a float32 map that {@link #write} or NumPy wrote.
     *
     * @throws FathomException if the file is not a two-dimensional, C-ordered, little-endian float32 array
     */
    public static DepthMap read(Path file) {
        byte[] bytes;
        try {
            bytes = Files.readAllBytes(file);
        } catch (IOException e) {
            throw new FathomException("Cannot read the array " + file + ": " + e.getMessage(), e);
        }
        int start = MAGIC.length + 2;
        if (bytes.length < start || !Arrays.equals(bytes, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
            throw new FathomException("Cannot read the array " + file + ": it is not a .npy file of version 1.0.");
        }
        int length = (bytes[start - 2] & 0xFF) | (bytes[start - 1] & 0xFF) << 8;
        String header = new String(bytes, start, Math.min(length, bytes.length - start), StandardCharsets.US_ASCII);
        Matcher matcher = HEADER.matcher(header);
        if (!matcher.matches()) {
            throw new FathomException("Cannot read the array " + file + ": it holds " + header.strip()
                + ", but a depth map is a C-ordered [H,W] array of little-endian float32.");
        }
        int height = Integer.parseInt(matcher.group(1));
        int width = Integer.parseInt(matcher.group(2));
        float[] values = new float[Math.multiplyExact(height, width)];
        if (bytes.length - start - length != 4L * values.length) {
            throw new FathomException("Cannot read the array " + file + ": " + height + " x " + width + " values need "
                + 4L * values.length + " bytes, but " + (bytes.length - start - length) + " follow the header.");
        }
        ByteBuffer.wrap(bytes, start + length, 4 * values.length).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
        return new DepthMap(width, height, values);
    }
}

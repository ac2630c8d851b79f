package dev.fathom.tests.golden;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A NumPy array file, version 1 to 3, C order, little-endian.
 *
 * @param dtype NumPy's name, for example {@code <f4}
 * @param shape dimensions, slowest first
 * @param data  the elements as stored
 */
public record Npy(String dtype, int[] shape, ByteBuffer data) {

    private static final Pattern HEADER = Pattern.compile(
            "'descr': '([^']+)', 'fortran_order': (True|False), 'shape': \\(([^)]*)\\)");

    public static Npy parse(byte[] file) {
        ByteBuffer buffer = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        int start = file[6] == 1 ? 10 : 12;
        int length = file[6] == 1 ? buffer.getShort(8) & 0xFFFF : buffer.getInt(8);
        String header = new String(file, start, length, StandardCharsets.UTF_8);
        Matcher m = HEADER.matcher(header);
        if (!m.find() || m.group(2).equals("True")) {
            throw new IllegalArgumentException("not a C-order .npy: " + header);
        }
        int[] shape = Arrays.stream(m.group(3).split(",")).map(String::strip).filter(s -> !s.isEmpty())
                .mapToInt(Integer::parseInt).toArray();
        ByteBuffer data = buffer.position(start + length).slice().order(ByteOrder.LITTLE_ENDIAN);
        return new Npy(m.group(1), shape, data);
    }

    public int numel() {
        return Arrays.stream(shape).reduce(1, Math::multiplyExact);
    }

    /** The elements as float; from float32 or float64. */
    public float[] floats() {
        float[] out = new float[numel()];
        switch (dtype) {
            case "<f4" -> data.duplicate().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(out);
            case "<f8" -> {
                double[] wide = doubles();
                for (int i = 0; i < out.length; i++) {
                    out[i] = (float) wide[i];
                }
            }
            default -> throw new IllegalStateException("not floats: " + dtype);
        }
        return out;
    }

    /** The elements as double, from any dtype the goldens hold. */
    public double[] doubles() {
        double[] out = new double[numel()];
        for (int i = 0; i < out.length; i++) {
            out[i] = switch (dtype) {
                case "<f4" -> data.getFloat(4 * i);
                case "<f8" -> data.getDouble(8 * i);
                case "|u1" -> data.get(i) & 0xFF;
                case "|b1" -> data.get(i);
                case "<u2" -> data.getShort(2 * i) & 0xFFFF;
                case "<i4" -> data.getInt(4 * i);
                case "<i8" -> data.getLong(8 * i);
                default -> throw new IllegalStateException("unknown dtype " + dtype);
            };
        }
        return out;
    }

    /** The elements of a uint8 or bool array. */
    public byte[] bytes() {
        if (!dtype.equals("|u1") && !dtype.equals("|b1")) {
            throw new IllegalStateException("not bytes: " + dtype);
        }
        byte[] out = new byte[numel()];
        data.get(0, out);
        return out;
    }

    /** The elements of a uint16 array. */
    public short[] shorts() {
        if (!dtype.equals("<u2")) {
            throw new IllegalStateException("not uint16: " + dtype);
        }
        short[] out = new short[numel()];
        data.duplicate().order(ByteOrder.LITTLE_ENDIAN).asShortBuffer().get(out);
        return out;
    }
}

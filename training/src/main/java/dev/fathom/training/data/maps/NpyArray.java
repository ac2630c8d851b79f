package dev.fathom.training.data.maps;

import dev.fathom.engine.numeric.HalfFloats;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.IntToDoubleFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An array as NumPy saves it (numpy/lib/format.py, versions 1 to 3): the bytes 93 4E 55 4D 50 59, version, length of the
 * header (16 bits in version 1, 32 from version 2 on), the header, a Python dictionary, then the elements.
 *
 * @param name of the file, for messages
 * @param type the dictionary's {@code descr}: byte order, kind and size, such as {@code <f4}
 * @param fortran whether the first axis changes fastest
 * @param axes their lengths
 * @param data the elements
 */
record NpyArray(String name, String type, boolean fortran, long[] axes, ByteBuffer data) {
    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
    private static final Pattern TYPE = Pattern.compile("'descr'\\s*:\\s*('([^']*)'|\\[)");
    private static final Pattern ORDER = Pattern.compile("'fortran_order'\\s*:\\s*(True|False)");
    private static final Pattern SHAPE = Pattern.compile("'shape'\\s*:\\s*\\(([\\d,\\s]*)\\)");
    private static final String NUMBERS = "floats of 16, 32 or 64 bits, integers or booleans";

    /** Reads the header; the elements are looked at by {@link #map()}. */
    static NpyArray of(String name, byte[] bytes) {
        boolean magic = bytes.length >= 10 && Arrays.equals(MAGIC, Arrays.copyOf(bytes, MAGIC.length));
        if (!magic || bytes[6] < 1 || bytes[6] > 3) {
            throw MapFile.damaged(name, "it does not begin as a NumPy array of version 1 to 3 does", null);
        }
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int start = bytes[6] == 1 ? 10 : 12;
        long length = bytes[6] == 1 ? in.getShort(8) & 0xFFFF : bytes.length < start ? start : in.getInt(8) & 0xFFFF_FFFFL;
        if (start + length > bytes.length) {
            throw MapFile.damaged(name, "it ends within its header", null);
        }
        String header = new String(bytes, start, (int) length, StandardCharsets.UTF_8);
        Matcher type = find(name, TYPE, header);
        if (type.group(2) == null) {
            throw MapFile.layout(name, "records of several fields", "an array of plain numbers");
        }
        String[] words = find(name, SHAPE, header).group(1).replaceAll("\\s", "").split(",");
        long[] axes;
        try {
            axes = Arrays.stream(words).filter(word -> !word.isEmpty()).mapToLong(Long::parseLong).toArray();
        } catch (NumberFormatException e) {
            throw MapFile.damaged(name, "its header says the shape " + String.join(",", words), e);
        }
        int from = start + (int) length;
        return new NpyArray(name, type.group(2), find(name, ORDER, header).group(1).equals("True"), axes,
                in.slice(from, bytes.length - from));
    }

    private static Matcher find(String name, Pattern pattern, String header) {
        Matcher matcher = pattern.matcher(header);
        if (!matcher.find()) {
            throw MapFile.damaged(name, "its header is '" + header.strip() + "'", null);
        }
        return matcher;
    }

    /** The numbers as float32, rows first. */
    RawMap map() {
        PlaneShape shape = PlaneShape.of(name, axes);
        int bytes = elementBytes();
        ByteBuffer in = data.duplicate().order(type.startsWith(">") ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
        IntToDoubleFunction element = element(in, bytes);
        if (in.capacity() < (long) bytes * shape.size()) {
            throw MapFile.damaged(name, "it ends after " + in.capacity() + " bytes of numbers, of " + (long) bytes
                    * shape.size(), null);
        }
        float[] values = new float[shape.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) element.applyAsDouble(i * bytes);
        }
        return new RawMap(shape.width(), shape.height(),
                fortran ? PlaneShape.rowsFirst(values, shape.height(), shape.width()) : values);
    }

    /** Bytes of an element; 0 of a type that is none of ours. */
    int elementBytes() {
        return type.matches("[<>=|][a-z]\\d+") ? Integer.parseInt(type.substring(2)) : 0;
    }

    /** An element by the place of its first byte. */
    private IntToDoubleFunction element(ByteBuffer in, int bytes) {
        return switch (type.isEmpty() ? "" : type.substring(1)) {
            case "f2" -> at -> HalfFloats.fromFloat16(in.getShort(at));
            case "f4" -> in::getFloat;
            case "f8" -> in::getDouble;
            case "b1", "u1" -> at -> in.get(at) & 0xFF;
            case "i1" -> in::get;
            case "u2" -> at -> in.getShort(at) & 0xFFFF;
            case "i2" -> in::getShort;
            case "u4" -> at -> in.getInt(at) & 0xFFFF_FFFFL;
            case "i4" -> in::getInt;
            case "i8" -> in::getLong;
            case "u8" -> at -> (in.getLong(at) >>> 1) * 2.0 + (in.getLong(at) & 1);
            default -> throw MapFile.layout(name, "elements of NumPy's type '" + type + "'", NUMBERS);
        };
    }
}

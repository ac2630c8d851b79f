package dev.fathom.training.data.sets;

import dev.fathom.engine.errors.FathomException;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * The real numeric arrays of a MATLAB file of level 5, the form in which NYU's {@code splits.mat} is distributed. Layout:
 * MathWorks, "MAT-File Format", level 5: 128 bytes of header, then elements (type, size, data), each perhaps deflated.
 */
final class Mat5File {
    private static final int HEADER_BYTES = 128;
    private static final int MATRIX = 14;
    private static final int COMPRESSED = 15;
    private static final int COMPLEX = 0x800;
    /** Array classes double to uint64. */
    private static final int FIRST_NUMERIC = 6;
    private static final int LAST_NUMERIC = 15;
    /** Lists of frames are small; more is no such file. */
    private static final int MOST_BYTES = 64 << 20;

    private final Path file;
    private final Map<String, double[]> arrays = new TreeMap<>();

    /** @throws FathomException if the file cannot be read or is none of this kind */
    Mat5File(Path file) {
        this.file = file;
        try {
            ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file));
            if (bytes.capacity() < HEADER_BYTES) {
                throw damaged("only " + bytes.capacity() + " bytes", null);
            }
            String endian = new String(bytes.array(), HEADER_BYTES - 2, 2, StandardCharsets.US_ASCII);
            if (!endian.equals("IM") && !endian.equals("MI")) {
                throw damaged("no MATLAB header", null);
            }
            bytes.order(endian.equals("IM") ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN).position(HEADER_BYTES);
            while (bytes.hasRemaining()) {
                Element element = next(bytes);
                if (element.type == COMPRESSED) {
                    element = next(inflate(element.data));
                }
                if (element.type == MATRIX) {
                    addMatrix(element.data);
                }
            }
        } catch (IOException e) {
            throw new FathomException("The MATLAB file " + file + " cannot be read (" + e.getClass().getSimpleName()
                    + "): check the path and its permissions.", e);
        } catch (BufferUnderflowException | IllegalArgumentException | IndexOutOfBoundsException e) {
            throw damaged("an element reaches beyond the end", e);
        }
    }

    /** The arrays by name, each in the order of the file (columns first). */
    Map<String, double[]> arrays() {
        return arrays;
    }

    private record Element(int type, ByteBuffer data) {
    }

    private static Element next(ByteBuffer from) {
        int type = from.getInt();
        int size;
        int padded;
        if (type >>> 16 != 0) {             // a small one: size and type in one word, at most 4 bytes behind it
            size = type >>> 16;
            type &= 0xFFFF;
            padded = 4;
        } else {
            size = from.getInt();
            padded = type == COMPRESSED ? size : Math.addExact(size, 7) / 8 * 8;
        }
        ByteBuffer data = from.slice(from.position(), size).order(from.order());
        from.position(Math.min(from.limit(), from.position() + padded));
        return new Element(type, data);
    }

    private ByteBuffer inflate(ByteBuffer deflated) {
        try (Inflater inflater = new Inflater()) {
            inflater.setInput(deflated);
            byte[] plain = new byte[8];
            if (inflater.inflate(plain) != plain.length) {
                throw damaged("a deflated element is cut off", null);
            }
            int size = ByteBuffer.wrap(plain).order(deflated.order()).getInt(4);
            if (size < 0 || size > MOST_BYTES) {
                throw damaged("an element of " + size + " bytes", null);
            }
            ByteBuffer whole = ByteBuffer.allocate(8 + size).order(deflated.order()).put(plain);
            while (whole.hasRemaining() && inflater.inflate(whole) > 0) {
                continue;
            }
            if (whole.hasRemaining()) {
                throw damaged("a deflated element is cut off", null);
            }
            return whole.flip();
        } catch (DataFormatException e) {
            throw damaged(e.getMessage(), e);
        }
    }

    private void addMatrix(ByteBuffer matrix) {
        int flags = next(matrix).data.getInt();
        ByteBuffer dims = next(matrix).data;
        String name = StandardCharsets.US_ASCII.decode(next(matrix).data).toString();
        int kind = flags & 0xFF;
        if (kind < FIRST_NUMERIC || kind > LAST_NUMERIC || (flags & COMPLEX) != 0) {
            return;                         // texts, cells, structures
        }
        int count = 1;
        while (dims.hasRemaining()) {
            count = Math.multiplyExact(count, dims.getInt());
        }
        Element real = next(matrix);
        double[] values = new double[count];
        for (int i = 0; i < count; i++) {
            values[i] = switch (real.type) {
                case 1 -> real.data.get();
                case 2 -> real.data.get() & 0xFF;
                case 3 -> real.data.getShort();
                case 4 -> real.data.getShort() & 0xFFFF;
                case 5 -> real.data.getInt();
                case 6 -> real.data.getInt() & 0xFFFF_FFFFL;
                case 7 -> real.data.getFloat();
                case 9 -> real.data.getDouble();
                default -> throw damaged("numbers of type " + real.type, null);
            };
        }
        arrays.put(name, values);
    }

    private FathomException damaged(String what, Exception cause) {
        return new FathomException("The file " + file + " is no sound MATLAB file of level 5 (" + what
                + "): expected NYU's splits.mat; download it again.", cause);
    }
}

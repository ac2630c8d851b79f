package dev.fathom.nn.checkpoint;

import dev.fathom.engine.errors.CheckpointException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads one pickle stream of protocols 2 to 5 as data.
 *
 * <p>A pickle is a program for a small stack machine, and Python's own reader would import and call whatever the
 * program names. Here the opcodes are a closed list (those that dicts, lists, tuples, strings, numbers and tensors
 * need), a name becomes one of the few {@link Global}s that {@link TorchGlobals} lists, and a call is one of their
 * own methods on the arguments. Everything else ends the reading.
 *
 * <p>Values: {@code LinkedHashMap} (dict, OrderedDict), {@code ArrayList} (list), {@link Tuple}, {@code String},
 * {@code Long}, {@code BigInteger}, {@code Double}, {@code Boolean}, {@code null}, and what the globals return.
 * Opcodes are those of CPython's {@code Lib/pickletools.py}.
 */
final class Pickle {
    /** A name that a pickle may mention. */
    interface Global {
        /** What calling it on these arguments gives; {@code where} begins the sentence of a refusal. */
        Object call(Tuple arguments, String where);
    }

    /** What the names and the persistent ids of a stream stand for. */
    interface Environment {
        Global global(String module, String name, String where);

        Object persistent(Tuple id, String where);
    }

    /** An immutable sequence. */
    record Tuple(List<Object> items) {
        Tuple {
            items = Collections.unmodifiableList(items);
        }

        int size() {
            return items.size();
        }

        Object get(int i) {
            return items.get(i);
        }
    }

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final MemorySegment stream;
    private final String stage;
    private final Environment environment;
    private final List<Object> stack = new ArrayList<>();
    private final List<Integer> marks = new ArrayList<>();
    private final Map<Long, Object> memo = new HashMap<>();
    private long position;
    private long opcodeAt;

    /** @param stage begins every refusal: the file and the part of it, for example {@code a.pth, data.pkl} */
    Pickle(MemorySegment stream, long position, String stage, Environment environment) {
        this.stream = stream;
        this.position = position;
        this.stage = stage;
        this.environment = environment;
    }

    /** Where the stream ended: the first byte after the STOP opcode. */
    long end() {
        return position;
    }

    /** Runs the stream to its end and returns the one value that is left. */
    Object read() {
        while (true) {
            opcodeAt = position;
            int opcode = unsignedByte();
            if (opcode == '.') {
                Object result = pop();
                if (!stack.isEmpty() || !marks.isEmpty()) {
                    throw broken("leaves values behind");
                }
                return result;
            }
            if (!constant(opcode) && !container(opcode) && !memory(opcode) && !object(opcode)) {
                throw new CheckpointException(
                        where() + " uses pickle opcode 0x%02x; expected only those that state dicts need:"
                        .formatted(opcode) + " save it again with torch.save(model.state_dict(), path).");
            }
        }
    }

    private boolean constant(int opcode) {
        switch (opcode) {
            case 'N' -> push(null);
            case 0x88 -> push(true);
            case 0x89 -> push(false);
            case 'J' -> push((long) take(4).get(INT, 0));
            case 'K' -> push((long) unsignedByte());
            case 'M' -> push((long) (unsignedByte() | unsignedByte() << 8));
            case 0x8a -> push(integer(unsignedByte()));
            case 0x8b -> push(integer(length(take(4).get(INT, 0))));
            case 'G' -> push(Double.longBitsToDouble(Long.reverseBytes(take(8).get(LONG, 0))));
            case 'X', 'T' -> push(text(Integer.toUnsignedLong(take(4).get(INT, 0))));
            case 0x8c, 'U' -> push(text(unsignedByte()));
            case 0x8d -> push(text(take(8).get(LONG, 0)));
            default -> {
                return false;
            }
        }
        return true;
    }

    private boolean container(int opcode) {
        switch (opcode) {
            case '(' -> marks.add(stack.size());
            case ')' -> push(new Tuple(List.of()));
            case 0x85 -> push(tuple(1));
            case 0x86 -> push(tuple(2));
            case 0x87 -> push(tuple(3));
            case 't' -> push(new Tuple(popToMark()));
            case ']' -> push(new ArrayList<>());
            case 'a' -> {
                Object item = pop();
                top(ArrayList.class).add(item);
            }
            case 'e' -> {
                List<Object> items = popToMark();
                top(ArrayList.class).addAll(items);
            }
            case '}' -> push(new LinkedHashMap<>());
            case 's' -> {
                Object value = pop();
                put(pop(), value);
            }
            case 'u' -> {
                List<Object> items = popToMark();
                if (items.size() % 2 != 0) {
                    throw broken("sets a key without a value");
                }
                for (int i = 0; i < items.size(); i += 2) {
                    put(items.get(i), items.get(i + 1));
                }
            }
            default -> {
                return false;
            }
        }
        return true;
    }

    private boolean memory(int opcode) {
        switch (opcode) {
            case 0x80 -> protocol(unsignedByte());
            case 0x95 -> take(8); // FRAME: a hint for buffered readers.
            case 'q' -> memo.put((long) unsignedByte(), peek());
            case 'r' -> memo.put(Integer.toUnsignedLong(take(4).get(INT, 0)), peek());
            case 0x94 -> memo.put((long) memo.size(), peek());
            case 'h' -> push(recall(unsignedByte()));
            case 'j' -> push(recall(Integer.toUnsignedLong(take(4).get(INT, 0))));
            default -> {
                return false;
            }
        }
        return true;
    }

    private boolean object(int opcode) {
        switch (opcode) {
            case 'c' -> {
                String module = line();
                push(environment.global(module, line(), where()));
            }
            case 0x93 -> {
                String name = pop(String.class);
                push(environment.global(pop(String.class), name, where()));
            }
            case 'R' -> {
                Tuple arguments = pop(Tuple.class);
                push(pop(Global.class).call(arguments, where()));
            }
            case 'Q' -> push(environment.persistent(pop(Tuple.class), where()));
            case 'b' -> {
                // OrderedDict with attributes, as state_dict()'s _metadata: versions of modules, no weights.
                pop(LinkedHashMap.class);
                top(LinkedHashMap.class);
            }
            default -> {
                return false;
            }
        }
        return true;
    }

    private void protocol(int version) {
        if (version < 2 || version > 5) {
            throw broken("is of pickle protocol " + version + ", not 2 to 5");
        }
    }

    private void put(Object key, Object value) {
        if (!(key instanceof String) && !(key instanceof Long)) {
            throw broken("has a dict key that is neither a string nor an integer");
        }
        @SuppressWarnings("unchecked")
        LinkedHashMap<Object, Object> dict = top(LinkedHashMap.class);
        dict.put(key, value);
    }

    private Tuple tuple(int size) {
        List<Object> items = new ArrayList<>(size);
        for (int i = 0; i < size; i++) {
            items.add(pop());
        }
        Collections.reverse(items);
        return new Tuple(items);
    }

    private void push(Object value) {
        stack.add(value);
    }

    private Object pop() {
        int floor = marks.isEmpty() ? 0 : marks.getLast();
        if (stack.size() <= floor) {
            throw broken("takes a value that is not there");
        }
        return stack.removeLast();
    }

    private <T> T pop(Class<T> type) {
        return cast(type, pop());
    }

    private Object peek() {
        if (stack.isEmpty()) {
            throw broken("looks at a value that is not there");
        }
        return stack.getLast();
    }

    private <T> T top(Class<T> type) {
        return cast(type, peek());
    }

    private <T> T cast(Class<T> type, Object value) {
        if (!type.isInstance(value)) {
            throw broken("has a " + (value == null ? "None" : value.getClass().getSimpleName()) + " in the place of a "
                    + type.getSimpleName());
        }
        return type.cast(value);
    }

    private List<Object> popToMark() {
        if (marks.isEmpty()) {
            throw broken("ends a sequence that was not begun");
        }
        int from = marks.removeLast();
        List<Object> tail = stack.subList(from, stack.size());
        List<Object> items = new ArrayList<>(tail);
        tail.clear();
        return items;
    }

    private Object recall(long key) {
        if (!memo.containsKey(key)) {
            throw broken("recalls value " + key + " that was not stored");
        }
        return memo.get(key);
    }

    private int unsignedByte() {
        return take(1).get(ValueLayout.JAVA_BYTE, 0) & 0xff;
    }

    private int length(int value) {
        if (value < 0) {
            throw broken("has a negative length");
        }
        return value;
    }

    private MemorySegment take(long bytes) {
        if (bytes < 0 || bytes > stream.byteSize() - position) {
            throw broken("is cut off, " + Long.toUnsignedString(bytes) + " more bytes were announced");
        }
        MemorySegment taken = stream.asSlice(position, bytes);
        position += bytes;
        return taken;
    }

    /** A little-endian two's complement integer: Long where it fits, as nearly always, else BigInteger. */
    private Object integer(int bytes) {
        byte[] digits = take(bytes).toArray(ValueLayout.JAVA_BYTE);
        for (int i = 0, j = digits.length - 1; i < j; i++, j--) {
            byte swap = digits[i];
            digits[i] = digits[j];
            digits[j] = swap;
        }
        BigInteger value = bytes == 0 ? BigInteger.ZERO : new BigInteger(digits);
        return value.bitLength() < Long.SIZE ? (Object) value.longValue() : value;
    }

    private String text(long bytes) {
        if (bytes > Integer.MAX_VALUE - 8) {
            throw broken("is cut off, it announces a string of " + Long.toUnsignedString(bytes) + " bytes");
        }
        return decode(take(bytes).toArray(ValueLayout.JAVA_BYTE));
    }

    private String line() {
        long start = position;
        while (unsignedByte() != '\n') {
            if (position - start > 1000) {
                throw broken("has a name of more than 1000 characters");
            }
        }
        byte[] bytes = stream.asSlice(start, position - start).toArray(ValueLayout.JAVA_BYTE);
        return decode(Arrays.copyOf(bytes, bytes.length - 1));
    }

    private String decode(byte[] bytes) {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException e) {
            throw broken("holds a string that is not UTF-8");
        }
    }

    private String where() {
        return stage + ", byte " + opcodeAt + ",";
    }

    private CheckpointException broken(String what) {
        return new CheckpointException(where() + " " + what
                + "; expected a sound pickle: the file is damaged or not from torch.save, get it again.");
    }
}

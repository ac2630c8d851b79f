package dev.fathom.tools.report.run;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fathom.engine.errors.FathomException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;

/**
 * A file of one JSON object a line that may still be growing: each call reads the lines that are new.
 *
 * <p>A process that is killed leaves half a line at the end. Such a line, and any other that is no JSON object, is left
 * out and counted; the file is never refused for it.
 */
final class JsonLines {
    private static final ObjectReader READER = JsonMapper.builder()
            .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build().reader();
    private static final int BUFFER = 1 << 16;
    /** A line longer than this is no line of ours, and is not kept to find out. */
    private static final int LONGEST = 1 << 22;

    private final Path file;
    private long offset;
    private int unreadable;
    private boolean tornEnd;

    JsonLines(Path file) {
        this.file = file;
    }

    /**
     * Reads on from where the last call stopped.
     *
     * @param start called first if the file must be read from its beginning again: it has become shorter, as a resumed
     *              run cuts it, or this is the first call
     * @param line  called with each object
     * @throws FathomException if the file is there and cannot be read; a file that is not there has no lines
     */
    void read(Runnable start, Consumer<ObjectNode> line) {
        try {
            if (!Files.exists(file)) {
                restart(start);
                return;
            }
            if (offset == 0 || Files.size(file) < offset) {
                restart(start);
            }
            try (SeekableByteChannel channel = Files.newByteChannel(file)) {
                channel.position(offset);
                read(Channels.newInputStream(channel), line);
            }
        } catch (IOException e) {
            throw new FathomException(file + " cannot be read (" + e.getClass().getSimpleName() + ": " + e.getMessage()
                    + "); change its permissions, or copy the run to where it can be read.", e);
        }
    }

    /** Lines that are no JSON object, and were left out; half a line at the end is one of them. */
    int unreadable() {
        return unreadable + (tornEnd ? 1 : 0);
    }

    private void restart(Runnable start) {
        offset = 0;
        unreadable = 0;
        tornEnd = false;
        start.run();
    }

    private void read(InputStream in, Consumer<ObjectNode> line) throws IOException {
        byte[] buffer = new byte[BUFFER];
        ByteArrayOutputStream begun = new ByteArrayOutputStream();
        long begunLength = 0;
        int n = in.read(buffer);
        while (n >= 0) {
            int from = 0;
            for (int i = 0; i < n; i++) {
                if (buffer[i] != '\n') {
                    continue;
                }
                offset += begunLength + i - from + 1;
                if (begunLength == 0) {
                    take(buffer, from, i - from, line);
                } else {
                    keep(begun, buffer, from, i - from);
                    take(begun.toByteArray(), 0, begun.size(), line);
                    begun.reset();
                    begunLength = 0;
                }
                from = i + 1;
            }
            keep(begun, buffer, from, n - from);
            begunLength += n - from;
            n = in.read(buffer);
        }
        // What has no end of line yet is whole if it is an object; else it is half a line, and is read again next time.
        ObjectNode last = begun.size() == 0 ? null : parse(begun.toByteArray(), 0, begun.size());
        tornEnd = begunLength > 0 && last == null;
        if (last != null) {
            offset += begunLength;
            line.accept(last);
        }
    }

    private static void keep(ByteArrayOutputStream begun, byte[] bytes, int from, int length) {
        if (begun.size() + length <= LONGEST) {
            begun.write(bytes, from, length);
        }
    }

    private void take(byte[] bytes, int from, int length, Consumer<ObjectNode> line) throws IOException {
        if (length == 0 || length == 1 && bytes[from] == '\r') {
            return;
        }
        ObjectNode object = parse(bytes, from, length);
        if (object == null) {
            unreadable++;
        } else {
            line.accept(object);
        }
    }

    /** The object, or null for what is none. */
    private static ObjectNode parse(byte[] bytes, int from, int length) throws IOException {
        try {
            return READER.readTree(bytes, from, length) instanceof ObjectNode object ? object : null;
        } catch (JsonProcessingException torn) {
            return null;
        }
    }

    /** A number of a line: NaN where it is missing, null, or written as a word that is none. */
    static double number(JsonNode line, String key) {
        JsonNode value = line.path(key);
        if (value.isNumber()) {
            return value.asDouble();
        }
        return switch (value.asText("")) {
            case "Infinity" -> Double.POSITIVE_INFINITY;
            case "-Infinity" -> Double.NEGATIVE_INFINITY;
            default -> Double.NaN;
        };
    }
}

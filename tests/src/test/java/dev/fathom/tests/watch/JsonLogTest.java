package dev.fathom.tests.watch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.training.log.JsonLog;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JsonLogTest {
    private static final Duration NEVER = Duration.ofDays(1);

    @TempDir
    private Path folder;
    private Path file;

    @BeforeEach
    void name() {
        file = folder.resolve("log.jsonl");
    }

    private static Map<String, Object> line(int n) {
        return Map.of("n", n);
    }

    @Test
    void linesWaitForOthersAndNoLonger() throws IOException {
        try (JsonLog log = JsonLog.open(file, l -> true, NEVER)) {
            log.add(line(1));
            log.add(line(2));
            assertEquals("", Files.readString(file));
            log.flush();
            assertEquals("{\"n\":1}\n{\"n\":2}\n", Files.readString(file));
            log.add(line(3));
            log.force();
            assertEquals(3, Files.readAllLines(file).size());
            log.add(line(4));
        }
        assertEquals(4, Files.readAllLines(file).size(), "closing writes what waits");
        try (JsonLog log = JsonLog.open(file, l -> true, Duration.ZERO)) {
            log.add(line(5));
            assertEquals(5, Files.readAllLines(file).size());
        }
    }

    /** So that memory stays bounded, whatever the clock does. */
    @Test
    void manyLinesDoNotWait() throws IOException {
        try (JsonLog log = JsonLog.open(file, l -> true, NEVER)) {
            for (int i = 0; i < 10_000; i++) {
                log.add(line(i));
            }
            assertTrue(Files.size(file) > 10_000 * 5, Files.size(file) + " bytes");
        }
    }

    @Test
    void whatIsNoNumberBecomesNull() throws IOException {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("loss", Double.NaN);
        values.put("most", Float.POSITIVE_INFINITY);
        values.put("all", List.of(1.5, Double.NEGATIVE_INFINITY));
        values.put("inner", Map.of("x", Double.NaN));
        values.put("none", null);
        values.put("name", "größe \"1\"");
        try (JsonLog log = JsonLog.empty(file)) {
            log.add(values);
        }
        assertEquals("{\"loss\":null,\"most\":null,\"all\":[1.5,null],\"inner\":{\"x\":null},\"none\":null,"
                + "\"name\":\"größe \\\"1\\\"\"}\n", Files.readString(file));
    }

    @Test
    void aLogGoesOnWithTheLinesThatAreKept() throws IOException {
        Files.writeString(file, "{\"n\":1,\"name\":\"größe\"}\n{\"n\":5}\nno json\n7\n{\"n\":2}\n{\"n\":3,\"to");
        try (JsonLog log = JsonLog.continuing(file, l -> l.path("n").asInt() < 5)) {
            log.add(line(3));
        }
        assertEquals(List.of("{\"n\":1,\"name\":\"größe\"}", "{\"n\":2}", "{\"n\":3}"), Files.readAllLines(file));
    }

    /** A whole object without its line's end, as a kill between two writes can leave it: the next line stands alone. */
    @Test
    void aLineWithoutItsEndGetsOne() throws IOException {
        Files.writeString(file, "{\"n\":1}\n{\"n\":2}");
        try (JsonLog log = JsonLog.continuing(file, l -> true)) {
            log.add(line(3));
        }
        assertEquals("{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n", Files.readString(file));
    }

    @Test
    void bytesThatAreNoTextAreNoLine() throws IOException {
        byte[] torn = "{\"n\":1}\n\0\0\0\0\0".getBytes(StandardCharsets.ISO_8859_1);
        torn = Arrays.copyOf(torn, torn.length + 1);
        torn[torn.length - 1] = (byte) 0xFF;
        Files.write(file, torn);
        JsonLog.continuing(file, l -> true).close();
        assertEquals("{\"n\":1}\n", Files.readString(file));
    }

    @Test
    void aLogThatCannotBeOpenedSaysSo() throws IOException {
        Files.createDirectory(file);
        Files.createFile(file.resolve("inside"));
        String message = assertThrows(FathomException.class, () -> JsonLog.empty(file)).getMessage();
        assertTrue(message.startsWith("The log " + file + " cannot be read (") && message.contains("move it away"),
                message);
    }
}

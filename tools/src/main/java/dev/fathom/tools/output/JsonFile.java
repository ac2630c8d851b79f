package dev.fathom.tools.output;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.fathom.nn.checkpoint.AtomicFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** Facts for other programs, as JSON that people can read, too. */
public final class JsonFile {
    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    private JsonFile() {
    }

    /**
     * The text, indented, without an end of its last line.
     *
     * @param facts strings, numbers, booleans, nulls, and lists and maps of such
     */
    public static String text(Map<String, ?> facts) {
        try {
            return JSON.writeValueAsString(facts);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a map of strings and numbers cannot fail to become JSON", e);
        }
    }

    /** Writes a file, in one step. */
    public static void write(Path file, Map<String, ?> facts) {
        String text = text(facts) + "\n";
        AtomicFile.replace(file, temporary -> Files.writeString(temporary, text));
    }
}

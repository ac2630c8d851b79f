package dev.fathom.tests.golden;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;

/** One folder of {@code src/test/resources/golden}. */
public record Golden(String folder) {

    /** Its {@code case.json}. */
    public JsonNode json() {
        return json("case.json");
    }

    /** Any JSON file of the folder. */
    public JsonNode json(String file) {
        try {
            return new ObjectMapper().readTree(bytes(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** An array of the folder. */
    public Npy npy(String file) {
        return Npy.parse(bytes(file));
    }

    /** The content of a file of the folder. */
    public byte[] bytes(String file) {
        String name = "/golden/" + folder + "/" + file;
        try (InputStream in = Golden.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalArgumentException("no test resource " + name);
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Where a file of the folder lies on disk. */
    public Path path(String file) {
        String name = "/golden/" + folder + "/" + file;
        URL url = Golden.class.getResource(name);
        if (url == null) {
            throw new IllegalArgumentException("no test resource " + name);
        }
        try {
            return Path.of(url.toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}

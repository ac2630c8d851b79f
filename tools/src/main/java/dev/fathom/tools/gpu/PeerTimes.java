package dev.fathom.tools.gpu;

import dev.fathom.engine.errors.FathomException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads what {@code tests/gpu/peer.py} printed: lines {@code NAME: NUMBER}, all others being remarks. */
public final class PeerTimes {
    private static final Pattern LINE = Pattern.compile("([a-z][\\w .+-]*): (\\d+(?:\\.\\d+)?)(?: .*)?");

    private PeerTimes() {
    }

    /** Numbers by name, in the file's order. */
    public static Map<String, Double> read(Path file) {
        try {
            Map<String, Double> times = new LinkedHashMap<>();
            for (String line : Files.readAllLines(file)) {
                Matcher m = LINE.matcher(line);
                if (m.matches()) {
                    times.put(m.group(1), Double.parseDouble(m.group(2)));
                }
            }
            return times;
        } catch (IOException e) {
            throw new FathomException("PyTorch's times cannot be read from " + file + " (" + e
                + "); give the output of tests/gpu/peer.py, or leave --peer out.", e);
        }
    }
}

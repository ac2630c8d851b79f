package dev.fathom.tests.architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Rules that the sources follow, read as text: sizes, package pages, and nothing left to do. */
class SourcesTest {
    private static final Path ROOT = Path.of(System.getProperty("fathom.root"));
    private static final int MOST_LINES = 400;
    private static final List<Path> SOURCES = sources();

    private static List<Path> sources() {
        try (Stream<Path> files = Files.walk(ROOT)) {
            return files.filter(p -> p.toString().endsWith(".java") && p.toString().contains("/src/"))
                    .filter(p -> !ROOT.relativize(p).toString().contains("target/")).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String name(Path file) {
        return ROOT.relativize(file).toString();
    }

    @Test
    void thereAreSources() {
        assertTrue(SOURCES.size() > 50, () -> "only " + SOURCES.size() + " Java files under " + ROOT);
    }

    @Test
    void noFileIsLongerThan400Lines() {
        assertEquals(List.of(), SOURCES.stream().filter(p -> text(p).lines().count() > MOST_LINES)
                .map(p -> name(p) + " has " + text(p).lines().count() + " lines: it holds more than one idea")
                .toList());
    }

    @Test
    void everyPackageHasItsPage() {
        assertEquals(List.of(), SOURCES.stream().map(Path::getParent).distinct()
                .filter(p -> !Files.exists(p.resolve("package-info.java")))
                .map(p -> name(p) + " has no package-info.java").toList());
    }

    @Test
    void nothingIsLeftToDo() {
        // Spelt apart, so that this file does not find itself.
        Pattern word = Pattern.compile("\\b(TO" + "DO|FIX" + "ME|XX" + "X)\\b");
        assertEquals(List.of(), matches(word));
    }

    @Test
    void noImportIsAWildcard() {
        assertEquals(List.of(), matches(Pattern.compile("^import .*\\*;")));
    }

    private static List<String> matches(Pattern pattern) {
        List<String> found = new ArrayList<>();
        for (Path file : SOURCES) {
            List<String> lines = text(file).lines().toList();
            for (int i = 0; i < lines.size(); i++) {
                if (pattern.matcher(lines.get(i)).find()) {
                    found.add(name(file) + ":" + (i + 1) + ": " + lines.get(i).strip());
                }
            }
        }
        return found;
    }
}

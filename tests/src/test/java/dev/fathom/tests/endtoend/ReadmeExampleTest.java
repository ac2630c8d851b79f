package dev.fathom.tests.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The lines of Java in the README are those of {@link ReadmeExample}, and they work. */
class ReadmeExampleTest {
    private static final Path ROOT = Path.of(System.getProperty("fathom.root"));

    @TempDir
    private Path folder;

    @Test
    void theExampleRuns() {
        Path weights = Workshop.model(folder.resolve("relative.safetensors"), Workshop.RELATIVE);
        Path photo = Pictures.colour(folder.resolve("photo.jpg"), 28, 28);
        PrintStream console = System.out;
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
        try {
            ReadmeExample.main(new String[] {weights.toString(), photo.toString()});
        } finally {
            System.setOut(console);
        }
        String line = printed.toString(StandardCharsets.UTF_8);
        assertTrue(line.matches("\\d+\\.\\d+(E-?\\d+)?: relative inverse depth, larger is nearer\\R"), line);
    }

    @Test
    void theReadmeHasTheSameLines() throws IOException {
        Path readme = ROOT.resolve("README.md");
        Path source = ROOT.resolve("tests/src/test/java/dev/fathom/tests/endtoend/ReadmeExample.java");
        List<String> expected = new ArrayList<>();
        boolean shown = false;
        for (String line : Files.readAllLines(source)) {
            if (line.contains("// README: ")) {
                shown = line.endsWith("begin");
            } else if (shown) {
                expected.add(line.substring(8));
            }
        }
        assertTrue(expected.size() > 5, "markers in ReadmeExample");
        List<String> lines = Files.readAllLines(readme);
        int begin = lines.indexOf("```java");
        assertTrue(begin >= 0, "no ```java in README.md");
        List<String> block = lines.subList(begin + 1, lines.size());
        assertEquals(String.join("\n", expected), String.join("\n", block.subList(0, block.indexOf("```"))),
                "README.md's example and "
                + ReadmeExample.class.getSimpleName());
    }
}

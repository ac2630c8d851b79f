package dev.fathom.tests.endtoend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fathom.tests.tools.Cli;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code fathom predict --tiles}: big photos are cut, small ones are not touched by it. */
class PredictTilesTest {
    @TempDir
    private Path folder;

    private Cli predict(Path weights, String out, Object... more) {
        Object[] words = new Object[10 + more.length];
        System.arraycopy(new Object[] {"predict", "--load-from", weights, "--img-path", folder.resolve("photos"),
            "--outdir", folder.resolve(out), "--input-size", 70, "--save-numpy"}, 0, words, 0, 10);
        System.arraycopy(more, 0, words, 10, more.length);
        return Says.run(words);
    }

    @Test
    void whatFitsIntoATileIsAsWithoutAndWhatDoesNotIsCutAndSaysSo() throws IOException {
        Path weights = Workshop.model(folder.resolve("relative.safetensors"), Workshop.RELATIVE);
        Pictures.colour(folder.resolve("photos/big.png"), 150, 80);
        Pictures.colour(folder.resolve("photos/small.png"), 70, 60);
        assertEquals(0, predict(weights, "plain").code());
        Cli cut = predict(weights, "cut", "--config", Files.writeString(folder.resolve("cut.yaml"), "tiles: true\n"));
        assertEquals(0, cut.code(), cut.err());
        String line = cut.out().lines().filter(l -> l.contains("seams")).findFirst().orElseThrow();
        assertTrue(line.startsWith("The picture " + folder.resolve("photos/big.png") + ": 6 tiles, seams "), line);
        assertFalse(cut.out().contains("small.png"), cut.out());
        for (String file : new String[] {"small.png", "small_disp.npy", "small_disp.json"}) {
            assertArrayEquals(Files.readAllBytes(folder.resolve("plain").resolve(file)),
                    Files.readAllBytes(folder.resolve("cut").resolve(file)), file);
        }
        String how = new ObjectMapper().readTree(folder.resolve("cut/big_disp.json").toFile()).get("preprocessing").asText();
        assertTrue(how.contains("the whole at 126 x 70, then tiles of 70 pixels, overlap at least 25 %, each aligned by"
                + " scale and shift to the whole photo's map; seams "), how);
        Cli large = predict(weights, "large", "--tiles", "--tile-size", 150);
        assertFalse(large.out().contains("seams"), large.out());
        assertArrayEquals(Files.readAllBytes(folder.resolve("plain/big_disp.npy")),
                Files.readAllBytes(folder.resolve("large/big_disp.npy")));
    }
}

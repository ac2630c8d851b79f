package dev.fathom.tests.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.training.data.sets.DatasetFormat;
import dev.fathom.training.data.sets.DatasetFormats;
import dev.fathom.training.data.sets.DatasetSpec;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a user types for a data set. */
class DatasetSpecTest {
    private static final DatasetFormat MADE_UP = new DatasetFormat("made-up", "", Map.of("depth", "", "list", ""),
            spec -> null);

    private static String refusal(String text) {
        return assertThrows(FathomException.class, () -> DatasetSpec.parse(text)).getMessage();
    }

    @Test
    void aNameAndAPath() {
        DatasetSpec spec = DatasetSpec.parse("nyu-h5:/data/with,comma/and:colon");
        assertEquals("nyu-h5", spec.format().name());
        assertEquals(Path.of("/data/with,comma/and:colon"), spec.path());
        assertEquals("nyu-h5:/data/with,comma/and:colon", spec.toString());
    }

    @Test
    void settings() {
        DatasetSpec spec = new DatasetSpec(MADE_UP, Path.of("p"), Map.of("list", "a.txt"));
        assertEquals("png", spec.choice("depth", "png", "lidar"));
        assertEquals("made-up:p,list=a.txt", spec.toString());
        DatasetSpec wrong = new DatasetSpec(MADE_UP, Path.of("p"), Map.of("depth", "radar"));
        assertEquals("The data set made-up has no depth=radar; expected png or lidar.",
                assertThrows(FathomException.class, () -> wrong.choice("depth", "png", "lidar")).getMessage());
    }

    @Test
    void whatIsNone() {
        assertEquals("'/data/nyu' names no kind of data set; expected NAME:PATH with NAME one of "
                + String.join(", ", DatasetFormats.names()) + ".", refusal("/data/nyu"));
        assertEquals("There is no kind of data set named 'nyu5'; expected one of "
                + String.join(", ", DatasetFormats.names()) + ".", refusal("nyu5:/data"));
        assertEquals("'nyu-h5:' has no path; expected nyu-h5:PATH.", refusal("nyu-h5:"));
        assertEquals("The data set nyu-h5 has no setting 'split'; it has none.", refusal("nyu-h5:/data,split=test"));
    }
}

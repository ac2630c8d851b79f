package dev.fathom.tools.evaluate;

import dev.fathom.tools.cli.ModelSettings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** Which models are measured, side by side if there are several. */
public final class ModelsArguments extends ModelSettings {
    @Option(names = "--load-from", order = -2, paramLabel = "FILE",
            description = "Weights: .pth, .safetensors or .h5; official, Hugging Face or Fathom's own. May be given several"
                    + " times: models are measured side by side and compared image by image.")
    private List<Path> loadFrom = new ArrayList<>();

    List<Path> files() {
        return loadFrom;
    }
}

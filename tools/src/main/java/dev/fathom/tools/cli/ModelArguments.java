package dev.fathom.tools.cli;

import dev.fathom.models.depthanything.ModelFile;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Which model: the options that commands share that load one. */
public final class ModelArguments extends ModelSettings {
    @Option(names = "--load-from", required = true, order = -2, paramLabel = "FILE",
            description = "Weights: .pth, .safetensors or .h5; official, Hugging Face or Fathom's own.")
    public Path loadFrom;

    /** Opens the file and checks what was asked against what it is. */
    public ModelFile open() {
        return open(loadFrom);
    }
}

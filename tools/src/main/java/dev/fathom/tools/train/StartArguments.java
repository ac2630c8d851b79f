package dev.fathom.tools.train;

import dev.fathom.engine.Device;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.models.depthanything.Encoder;
import dev.fathom.models.depthanything.ModelConfig;
import dev.fathom.models.depthanything.ModelFile;
import dev.fathom.nn.StateDictLoader.Memory;
import dev.fathom.tools.cli.WrongCall;
import dev.fathom.training.state.RunFolder;
import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** Which network a run trains, and what it starts from. */
final class StartArguments {
    /** What of the start weights is used. */
    enum Init { ENCODER, FULL, NONE }

    @Option(names = "--load-from", paramLabel = "FILE",
            description = "Start weights: .pth, .safetensors or .h5. Not read by --resume.")
    private Path loadFrom;

    @Option(names = "--encoder", paramLabel = "NAME",
            description = "vits, vitb, vitl or vitg. Recognised from the weights; needed with --init none.")
    private String encoder;

    @Option(names = "--init", defaultValue = "encoder",
            description = "encoder: the file's encoder, a fresh decoder (default). full: all of the file. none:"
                    + " everything fresh.")
    private Init init;

    /** The file with start weights, or null. */
    Path file() {
        return loadFrom;
    }

    /** What the words alone show to be wrong. */
    void check(CommandSpec spec, boolean resume) {
        if (encoder != null) {
            WrongCall.orValue(spec, () -> Encoder.of(encoder));
        }
        if (init == Init.NONE) {
            WrongCall.unless(encoder != null && loadFrom == null, spec,
                    "--init none starts from random numbers; it needs --encoder and takes no --load-from.");
        } else {
            WrongCall.unless(loadFrom != null || resume, spec,
                    "--load-from is missing: the weights to start from; or start from random numbers with --init none"
                    + " and --encoder.");
        }
    }

    /** The network of a run that begins. */
    ModelConfig config() {
        if (init == Init.NONE) {
            return Encoder.of(encoder).config();
        }
        try (ModelFile file = ModelFile.open(loadFrom)) {
            return file.config();
        }
    }

    /** The network with its start values, in the innermost {@code MemoryScope}. */
    DepthAnythingV2 model(DepthHead head, long seed, Device device) {
        if (init == Init.NONE) {
            DepthAnythingV2 model = new DepthAnythingV2(Encoder.of(encoder).config(), head);
            model.parameters().initialise(seed, device, name -> true);
            return model;
        }
        try (ModelFile file = ModelFile.open(loadFrom)) {
            if (encoder != null) {
                file.require(Encoder.of(encoder));
            }
            return init == Init.FULL ? file.load(head, Memory.COPY, device)
                    : file.loadEncoder(head, seed, device);
        }
    }

    /** The network of a run that is resumed, without values: its saved state brings them. */
    DepthAnythingV2 savedModel(Path state, DepthHead head) {
        ModelConfig saved = RunFolder.savedModel(state);
        if (encoder != null && !saved.equals(Encoder.of(encoder).config())) {
            throw new FathomException(state + " is of another network than --encoder " + encoder
                    + "; leave --encoder out.");
        }
        return new DepthAnythingV2(saved, head);
    }
}

package dev.fathom.nn.checkpoint;

import dev.fathom.engine.errors.CheckpointException;
import java.nio.file.Path;
import java.util.Map;
import java.util.SequencedMap;

/**
 * An open weights file of any format: names, dtypes, shapes at once, the elements when asked for.
 *
 * <pre>{@code
 * try (var file = CheckpointFile.open(Path.of("depth_anything_v2_vits.pth"))) {
 *     for (CheckpointTensor t : file.stateDict().values()) {
 *         ... t.name(), t.dtype(), t.shape(), t.data()
 *     }
 * }
 * }</pre>
 *
 * <p>Nothing in a file is ever executed, every size and offset is checked before it is used, and what cannot be read is
 * refused with a {@link CheckpointException}. Closing the file ends the life of the mapped bytes that it gave out.
 */
public sealed interface CheckpointFile extends AutoCloseable permits TorchFile, SafetensorsFile, Hdf5WeightsFile {

    /** Opens a file; its content, not its name, tells the format. */
    static CheckpointFile open(Path path) {
        MappedFile file = MappedFile.open(path);
        try {
            return switch (CheckpointFormat.recognise(file.bytes(), path)) {
                case TORCH_ZIP -> TorchZip.read(file);
                case TORCH_LEGACY -> TorchLegacy.read(file);
                case SAFETENSORS -> SafetensorsFile.read(file);
                case HDF5 -> Hdf5WeightsFile.read(file);
            };
        } catch (Throwable e) {
            file.close();
            throw e;
        }
    }

    Path path();

    CheckpointFormat format();

    /**
     * All tensors under their raw names, in the file's order. Nested containers of a PyTorch file are joined by dots:
     * {@code model.module.pretrained.cls_token}, {@code optimizer.state.0.exp_avg}.
     */
    SequencedMap<String, CheckpointTensor> tensors();

    /** What the file says about itself in strings; empty if nothing. Never null values. */
    Map<String, String> metadata();

    /**
     * The weights alone under their plain names: a trainer's wrapper ({@code model}, {@code state_dict},
     * {@code model_state_dict}) is opened and its other parts left out, and a prefix that every name carries
     * ({@code module.} of DistributedDataParallel, {@code _orig_mod.} of torch.compile) is taken off.
     */
    default SequencedMap<String, CheckpointTensor> stateDict() {
        return StateDicts.withoutWrapperPrefixes(StateDicts.withoutOptimiser(tensors()));
    }

    /**
     * Reads all weights and compares them with the checksums that the file itself carries: CRC-32C over every byte of a
     * safetensors file that Fathom wrote, the zip's CRC-32 of each entry of a PyTorch file. Opening does not, as weights
     * that nobody asks for are then never read.
     *
     * @return false if the file carries none
     * @throws CheckpointException if anything differs or cannot be read
     */
    boolean verify();

    @Override
    void close();
}

package dev.fathom.tools.points;

import dev.fathom.tools.cli.PictureSize;
import dev.fathom.tools.cli.WrongCall;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** What is made of the points. */
public final class CloudArguments {
    @Option(names = "--ascii", description = "Numbers as words instead of bytes: readable, three times as large.")
    private boolean ascii;

    @Option(names = "--normals", description = "Also the surface's direction at each point.")
    private boolean normals;

    @Option(names = "--mesh", description = "Also triangles between neighbouring points; edges are cut.")
    private boolean mesh;

    @Option(names = "--axes", defaultValue = "opencv", paramLabel = "NAME", description =
            "opencv: x right, y down, z forward, as the original (default); opengl: x right, y up, z backward, which"
            + " most viewers show upright.")
    private PlyFile.Axes axes;

    @Option(names = "--cut-edges", description = "Leave out points that hang between a near thing and a far one: a"
            + " jump of 10 %% to both neighbours, or a surface seen at less than 3 degrees.")
    private boolean cutEdges;

    @Option(names = "--edge-jump", paramLabel = "R", description = "The same with another jump: 0.05 for 5 %%.")
    private Double edgeJump;

    @Option(names = "--edge-angle", paramLabel = "DEGREES", description = "The same with another angle.")
    private Double edgeAngle;

    @Option(names = "--voxel", paramLabel = "M", description =
            "Thin out: one point, the mean, in each cube of this side.")
    private Double voxel;

    @Option(names = "--farthest", paramLabel = "M", description = "Leave out points with a depth beyond.")
    private Double farthest;

    @Option(names = "--view", paramLabel = "FROM", converter = Viewpoint.Converter.class, description =
            "Also a picture, seen from front, left, right, above, top, or YAW,PITCH degrees around the middle; may"
            + " be given several times.")
    private List<Viewpoint> views = List.of();

    @Option(names = "--view-size", defaultValue = "1280x960", paramLabel = "WxH",
            converter = PictureSize.Converter.class, description = "Its size (default: ${DEFAULT-VALUE}).")
    private PictureSize viewSize;

    /** Checks. */
    public void check(CommandSpec spec) {
        WrongCall.orValue(spec, this::cut);
        WrongCall.unless(voxel == null || voxel > 0 && Double.isFinite(voxel), spec, "--voxel is " + voxel
                + ", but a cube's side is more than 0.");
        WrongCall.unless(voxel == null || !mesh, spec,
                "--mesh joins neighbouring pixels, which --voxel melts together; give one of them.");
        WrongCall.unless(farthest == null || farthest > 0, spec, "--farthest is " + farthest
                + ", but a distance is more than 0.");
        int side = Math.max(viewSize.width(), viewSize.height());
        WrongCall.unless(side <= 8192 && Math.min(viewSize.width(), viewSize.height()) >= 16, spec, "--view-size is "
                + viewSize + ", but each side is 16 to 8192 pixels.");
        WrongCall.unless(views.stream().map(Viewpoint::name).distinct().count() == views.size(), spec,
                "--view names the same view twice; each makes one picture.");
    }

    private EdgeCut cut() {
        return !cutEdges && !mesh && edgeJump == null && edgeAngle == null ? EdgeCut.NONE
                : new EdgeCut(edgeJump == null ? EdgeCut.STANDARD_JUMP : edgeJump,
                        edgeAngle == null ? EdgeCut.STANDARD_DEGREES : edgeAngle);
    }

    /** As a plan. */
    CloudWriter.Plan plan() {
        return new CloudWriter.Plan(new PlyFile.Form(ascii, normals, axes), cut(),
                farthest == null ? Double.POSITIVE_INFINITY : farthest, voxel == null ? 0 : voxel, mesh, views,
                viewSize.width(), viewSize.height());
    }
}

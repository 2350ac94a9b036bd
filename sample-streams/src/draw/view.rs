//! Where the camera hangs, and what of the world falls on which pixel.
//!
//! World coordinates in metres: x along the street, y up, z away from the camera across the street.

use events::Size;

/// A point or direction of the world.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct V3 {
    pub(crate) x: f32,
    pub(crate) y: f32,
    pub(crate) z: f32,
}

pub(crate) const fn v3(x: f32, y: f32, z: f32) -> V3 {
    V3 { x, y, z }
}

impl V3 {
    pub(crate) fn dot(self, o: V3) -> f32 {
        self.x * o.x + self.y * o.y + self.z * o.z
    }

    pub(crate) fn minus(self, o: V3) -> V3 {
        v3(self.x - o.x, self.y - o.y, self.z - o.z)
    }

    pub(crate) fn length(self) -> f32 {
        self.dot(self).sqrt()
    }
}

/// How a camera hangs: angles in radians.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mount {
    pub(crate) height: f32,
    /// To the right (towards +x).
    pub(crate) yaw: f32,
    /// Downwards.
    pub(crate) pitch: f32,
    pub(crate) horizontal_fov: f32,
}

impl Mount {
    /// The pitch at which ground `distance` metres away lies `down` (0 top, 1 bottom) in the middle of a 16:9 picture.
    pub(crate) fn aimed(height: f32, distance: f32, horizontal_fov: f32, down: f32) -> f32 {
        let half = (horizontal_fov / 2.0).tan() * 9.0 / 16.0;
        (height / distance).atan() - ((down - 0.5) * 2.0 * half).atan()
    }
}

/// A pinhole camera with a picture size.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View {
    pub(crate) eye: V3,
    right: V3,
    up: V3,
    forward: V3,
    focal: f32,
    pub(crate) width: f32,
    pub(crate) height: f32,
}

/// Nearer than this (metres along the axis) nothing is drawn.
const NEAR: f32 = 0.4;

impl View {
    pub(crate) fn new(mount: Mount, size: Size) -> Self {
        let (sy, cy) = mount.yaw.sin_cos();
        let (sp, cp) = mount.pitch.sin_cos();
        Self {
            eye: v3(0.0, mount.height, 0.0),
            right: v3(cy, 0.0, -sy),
            up: v3(sy * sp, cp, cy * sp),
            forward: v3(sy * cp, -sp, cy * cp),
            focal: size.width as f32 / 2.0 / (mount.horizontal_fov / 2.0).tan(),
            width: size.width as f32,
            height: size.height as f32,
        }
    }

    /// Camera coordinates: right, up, depth.
    fn local(&self, p: V3) -> V3 {
        let d = p.minus(self.eye);
        v3(d.dot(self.right), d.dot(self.up), d.dot(self.forward))
    }

    fn flat(&self, local: V3) -> (f32, f32) {
        let s = self.focal / local.z;
        (self.width / 2.0 + local.x * s, self.height / 2.0 - local.y * s)
    }

    /// The pixel of a point in front of the camera.
    pub(crate) fn project(&self, p: V3) -> Option<(f32, f32)> {
        let local = self.local(p);
        (local.z > NEAR).then(|| self.flat(local))
    }

    /// Distance along the axis.
    pub(crate) fn depth(&self, p: V3) -> f32 {
        self.local(p).z
    }

    /// Pixels to a metre at that place.
    pub(crate) fn scale(&self, p: V3) -> f32 {
        self.focal / self.depth(p).max(NEAR)
    }

    /// The outline of a polygon of the world, cut at the near plane.
    pub(crate) fn outline(&self, corners: &[V3], out: &mut Vec<(f32, f32)>) {
        out.clear();
        let n = corners.len();
        for i in 0..n {
            let (a, b) = (self.local(corners[i]), self.local(corners[(i + 1) % n]));
            if a.z > NEAR {
                out.push(self.flat(a));
            }
            if (a.z > NEAR) != (b.z > NEAR) {
                let t = (NEAR - a.z) / (b.z - a.z);
                out.push(self.flat(v3(a.x + (b.x - a.x) * t, a.y + (b.y - a.y) * t, NEAR)));
            }
        }
    }

    /// Direction of the ray through a pixel; not of unit length.
    pub(crate) fn ray(&self, px: f32, py: f32) -> V3 {
        let (a, b) = ((px - self.width / 2.0) / self.focal, (self.height / 2.0 - py) / self.focal);
        v3(
            self.forward.x + self.right.x * a + self.up.x * b,
            self.forward.y + self.right.y * a + self.up.y * b,
            self.forward.z + self.right.z * a + self.up.z * b,
        )
    }

    /// To the right in the picture, in world terms: which way a mover's x counts.
    pub(crate) fn rightwards(&self, dx: f32, dz: f32) -> f32 {
        dx * self.right.x + dz * self.right.z
    }

    /// The x at which a standing person at depth `z` is just outside the picture, on the left (-1) or right (+1) side.
    pub(crate) fn edge_x(&self, z: f32, side: f32) -> f32 {
        let mut x = self.centre_x(z);
        for _ in 0..400 {
            let out = self.project(v3(x, 0.8, z)).is_none_or(|(px, _)| {
                let margin = 1.2 * self.scale(v3(x, 0.8, z));
                px < -margin || px > self.width + margin
            });
            if out {
                break;
            }
            x += side * 0.25;
        }
        x
    }

    /// The x at depth `z` that falls on the middle column of the picture.
    pub(crate) fn centre_x(&self, z: f32) -> f32 {
        z * self.forward.x / self.forward.z
    }

    /// A polygon of the world in 0..1 of the picture, cut to the picture (Sutherland-Hodgman).
    pub(crate) fn zone(&self, corners: &[V3]) -> Vec<[f64; 2]> {
        let mut outline = Vec::new();
        self.outline(corners, &mut outline);
        let mut polygon: Vec<[f64; 2]> =
            outline.iter().map(|(x, y)| [f64::from(x / self.width), f64::from(y / self.height)]).collect();
        for (axis, limit, keep_below) in [(0, 0.0, false), (0, 1.0, true), (1, 0.0, false), (1, 1.0, true)] {
            let inside = |p: &[f64; 2]| if keep_below { p[axis] <= limit } else { p[axis] >= limit };
            let mut cut = Vec::with_capacity(polygon.len() + 2);
            for i in 0..polygon.len() {
                let (a, b) = (polygon[i], polygon[(i + 1) % polygon.len()]);
                if inside(&a) {
                    cut.push(a);
                }
                if inside(&a) != inside(&b) {
                    let t = (limit - a[axis]) / (b[axis] - a[axis]);
                    cut.push([a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t]);
                }
            }
            polygon = cut;
        }
        for p in &mut polygon {
            // Four decimals, as site files have them; and no rounding error may lie outside.
            *p = p.map(|v| (v.clamp(0.0, 1.0) * 1e4).round() / 1e4);
        }
        polygon.dedup();
        polygon
    }
}

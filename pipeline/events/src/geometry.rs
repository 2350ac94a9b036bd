//! Points, boxes and polygons in 0..1 of the picture: x to the right, y down.

/// A point of the picture, both coordinates in 0..=1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// To the right.
    pub x: f64,
    /// Down.
    pub y: f64,
}

impl Point {
    /// `None` unless both are in 0..=1.
    pub fn new(x: f64, y: f64) -> Option<Self> {
        ((0.0..=1.0).contains(&x) && (0.0..=1.0).contains(&y)).then_some(Self { x, y })
    }
}

/// An axis-parallel box in 0..1 of the picture with `x1 <= x2`, `y1 <= y2`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BBox {
    /// Left.
    pub x1: f64,
    /// Top.
    pub y1: f64,
    /// Right.
    pub x2: f64,
    /// Bottom.
    pub y2: f64,
}

impl BBox {
    /// The whole picture.
    pub const FULL: BBox = BBox { x1: 0.0, y1: 0.0, x2: 1.0, y2: 1.0 };

    /// Sorts the corners and cuts to the picture; NaN becomes 0.
    pub fn clamped(x1: f64, y1: f64, x2: f64, y2: f64) -> Self {
        let c = |v: f64| if v.is_nan() { 0.0 } else { v.clamp(0.0, 1.0) };
        let (x1, y1, x2, y2) = (c(x1), c(y1), c(x2), c(y2));
        Self { x1: x1.min(x2), y1: y1.min(y2), x2: x1.max(x2), y2: y1.max(y2) }
    }

    /// Width, 0..=1.
    pub fn width(&self) -> f64 {
        self.x2 - self.x1
    }

    /// Height, 0..=1.
    pub fn height(&self) -> f64 {
        self.y2 - self.y1
    }

    /// Share of the picture, 0..=1.
    pub fn area(&self) -> f64 {
        self.width() * self.height()
    }

    /// Its centre.
    pub fn centre(&self) -> Point {
        Point { x: (self.x1 + self.x2) / 2.0, y: (self.y1 + self.y2) / 2.0 }
    }

    /// The middle of its lower edge: where a standing thing meets the ground.
    pub fn foot(&self) -> Point {
        Point { x: (self.x1 + self.x2) / 2.0, y: self.y2 }
    }

    /// The common part; `None` when they do not overlap.
    pub fn intersection(&self, other: &BBox) -> Option<BBox> {
        let b =
            BBox { x1: self.x1.max(other.x1), y1: self.y1.max(other.y1), x2: self.x2.min(other.x2), y2: self.y2.min(other.y2) };
        (b.x1 < b.x2 && b.y1 < b.y2).then_some(b)
    }

    /// The smallest box that holds both.
    pub fn union(&self, other: &BBox) -> BBox {
        BBox { x1: self.x1.min(other.x1), y1: self.y1.min(other.y1), x2: self.x2.max(other.x2), y2: self.y2.max(other.y2) }
    }

    /// Intersection over union, 0..=1.
    pub fn iou(&self, other: &BBox) -> f64 {
        let inter = self.intersection(other).map_or(0.0, |b| b.area());
        let union = self.area() + other.area() - inter;
        if union > 0.0 { inter / union } else { 0.0 }
    }

    /// Which share of this box lies in `other`, 0..=1.
    pub fn share_in(&self, other: &BBox) -> f64 {
        let area = self.area();
        if area > 0.0 { self.intersection(other).map_or(0.0, |b| b.area()) / area } else { 0.0 }
    }

    /// Does the point lie in it, edges included?
    pub fn contains(&self, p: Point) -> bool {
        (self.x1..=self.x2).contains(&p.x) && (self.y1..=self.y2).contains(&p.y)
    }

    /// Grown by a share of its own width and height on every side, cut to the picture.
    pub fn grown(&self, by: f64) -> BBox {
        let (dx, dy) = (self.width() * by, self.height() * by);
        BBox::clamped(self.x1 - dx, self.y1 - dy, self.x2 + dx, self.y2 + dy)
    }

    /// `[x1, y1, x2, y2]`, as on the wire.
    pub fn to_array(&self) -> [f64; 4] {
        [self.x1, self.y1, self.x2, self.y2]
    }
}

/// Why a list of corners is not a polygon.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum BadPolygon {
    /// Fewer than three corners.
    #[error("a polygon needs at least 3 corners, this one has {0}")]
    TooFew(usize),
    /// A corner outside the picture (or NaN).
    #[error("corner {index} ({x}, {y}) lies outside 0..1")]
    Outside {
        /// Which corner, from 0.
        index: usize,
        /// Its x.
        x: f64,
        /// Its y.
        y: f64,
    },
    /// Two edges that are not neighbours cross or touch.
    #[error("the polygon crosses itself: edge {0} meets edge {1}")]
    SelfCrossing(usize, usize),
    /// Nothing inside.
    #[error("the polygon has no area")]
    NoArea,
}

/// A simple polygon (not self-crossing, with area) in 0..1 of the picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Polygon(Vec<Point>);

impl Polygon {
    /// Checks the corners. A closing corner equal to the first is dropped.
    ///
    /// # Errors
    /// [`BadPolygon`] says which corner or edge is wrong.
    pub fn new(corners: &[[f64; 2]]) -> Result<Self, BadPolygon> {
        let mut points = Vec::with_capacity(corners.len());
        for (index, &[x, y]) in corners.iter().enumerate() {
            points.push(Point::new(x, y).ok_or(BadPolygon::Outside { index, x, y })?);
        }
        if points.len() > 1 && points.first() == points.last() {
            points.pop();
        }
        let n = points.len();
        if n < 3 {
            return Err(BadPolygon::TooFew(n));
        }
        for i in 0..n {
            for j in i + 1..n {
                let neighbours = j == i + 1 || (i == 0 && j == n - 1);
                let (a, b, c, d) = (points[i], points[(i + 1) % n], points[j], points[(j + 1) % n]);
                if !neighbours && segments_meet(a, b, c, d) {
                    return Err(BadPolygon::SelfCrossing(i, j));
                }
            }
        }
        let polygon = Self(points);
        if polygon.area() < 1e-9 { Err(BadPolygon::NoArea) } else { Ok(polygon) }
    }

    /// The whole picture.
    pub fn full() -> Self {
        Self(vec![Point { x: 0.0, y: 0.0 }, Point { x: 1.0, y: 0.0 }, Point { x: 1.0, y: 1.0 }, Point { x: 0.0, y: 1.0 }])
    }

    /// Its corners, at least three.
    pub fn corners(&self) -> &[Point] {
        &self.0
    }

    /// Share of the picture (shoelace formula).
    pub fn area(&self) -> f64 {
        let n = self.0.len();
        let twice: f64 = (0..n).map(|i| cross(self.0[i], self.0[(i + 1) % n])).sum();
        twice.abs() / 2.0
    }

    /// Even-odd rule: does a ray from the point cross the outline an odd number of times?
    pub fn contains(&self, p: Point) -> bool {
        let n = self.0.len();
        let mut inside = false;
        for i in 0..n {
            let (a, b) = (self.0[i], self.0[(i + 1) % n]);
            if (a.y > p.y) != (b.y > p.y) && p.x < (b.x - a.x) * (p.y - a.y) / (b.y - a.y) + a.x {
                inside = !inside;
            }
        }
        inside
    }

    /// The smallest box around it.
    pub fn bounds(&self) -> BBox {
        let first = BBox { x1: self.0[0].x, y1: self.0[0].y, x2: self.0[0].x, y2: self.0[0].y };
        self.0.iter().fold(first, |b, p| b.union(&BBox { x1: p.x, y1: p.y, x2: p.x, y2: p.y }))
    }
}

fn cross(a: Point, b: Point) -> f64 {
    a.x * b.y - b.x * a.y
}

fn orientation(a: Point, b: Point, c: Point) -> f64 {
    (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x)
}

fn on_segment(a: Point, b: Point, p: Point) -> bool {
    p.x >= a.x.min(b.x) && p.x <= a.x.max(b.x) && p.y >= a.y.min(b.y) && p.y <= a.y.max(b.y)
}

/// Do the segments a-b and c-d have a point in common?
pub(crate) fn segments_meet(a: Point, b: Point, c: Point, d: Point) -> bool {
    let (o1, o2, o3, o4) = (orientation(a, b, c), orientation(a, b, d), orientation(c, d, a), orientation(c, d, b));
    if ((o1 > 0.0 && o2 < 0.0) || (o1 < 0.0 && o2 > 0.0)) && ((o3 > 0.0 && o4 < 0.0) || (o3 < 0.0 && o4 > 0.0)) {
        return true;
    }
    (o1 == 0.0 && on_segment(a, b, c))
        || (o2 == 0.0 && on_segment(a, b, d))
        || (o3 == 0.0 && on_segment(c, d, a))
        || (o4 == 0.0 && on_segment(c, d, b))
}

/// The line at which a shop ends, drawn from left to right as seen in the picture; what lies below it (nearer to the
/// camera, larger y) is beyond the line. Left and right of its ends it goes on level.
#[derive(Debug, Clone, PartialEq)]
pub struct ShopLine(Vec<Point>);

impl ShopLine {
    /// At least two points, in 0..1, with x growing strictly.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn new(points: &[[f64; 2]]) -> Result<Self, String> {
        if points.len() < 2 {
            return Err(format!("a shop line needs at least 2 points, this one has {}", points.len()));
        }
        let mut line = Vec::with_capacity(points.len());
        for (index, &[x, y]) in points.iter().enumerate() {
            line.push(Point::new(x, y).ok_or_else(|| format!("point {index} ({x}, {y}) lies outside 0..1"))?);
        }
        if line.windows(2).any(|w| w[1].x <= w[0].x) {
            return Err("a shop line is drawn from left to right: x must grow from point to point".to_owned());
        }
        Ok(Self(line))
    }

    /// Its points, left to right.
    pub fn points(&self) -> &[Point] {
        &self.0
    }

    /// How far below the line the point lies, in picture heights; negative above it (inside the shop).
    pub fn beyond(&self, p: Point) -> f64 {
        let line = &self.0;
        let y = match line.windows(2).find(|w| p.x <= w[1].x) {
            Some(w) if p.x >= w[0].x => w[0].y + (w[1].y - w[0].y) * (p.x - w[0].x) / (w[1].x - w[0].x),
            Some(w) => w[0].y,
            None => line[line.len() - 1].y,
        };
        p.y - y
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bow_tie_is_refused_and_names_its_edges() {
        let bow_tie = Polygon::new(&[[0.0, 0.0], [1.0, 1.0], [1.0, 0.0], [0.0, 1.0]]);
        assert_eq!(bow_tie, Err(BadPolygon::SelfCrossing(0, 2)));
    }

    #[test]
    fn nan_and_outside_corners_are_refused() {
        assert!(matches!(Polygon::new(&[[0.0, 0.0], [f64::NAN, 0.0], [1.0, 1.0]]), Err(BadPolygon::Outside { index: 1, .. })));
        assert!(matches!(Polygon::new(&[[0.0, 0.0], [1.1, 0.0], [1.0, 1.0]]), Err(BadPolygon::Outside { index: 1, .. })));
        assert_eq!(Polygon::new(&[[0.0, 0.0], [0.5, 0.0], [1.0, 0.0]]), Err(BadPolygon::NoArea));
    }

    #[test]
    fn contains_agrees_with_a_concave_shape() {
        let l = Polygon::new(&[[0.0, 0.0], [1.0, 0.0], [1.0, 0.5], [0.5, 0.5], [0.5, 1.0], [0.0, 1.0]]).unwrap();
        assert!(l.contains(Point { x: 0.25, y: 0.75 }));
        assert!(!l.contains(Point { x: 0.75, y: 0.75 }));
        assert!((l.area() - 0.75).abs() < 1e-12);
    }

    #[test]
    fn the_shop_line_knows_its_sides() {
        let line = ShopLine::new(&[[0.2, 0.5], [0.8, 0.7]]).unwrap();
        assert!((line.beyond(Point { x: 0.5, y: 0.7 }) - 0.1).abs() < 1e-9);
        assert!(line.beyond(Point { x: 0.0, y: 0.4 }) < 0.0);
        assert!((line.beyond(Point { x: 1.0, y: 0.9 }) - 0.2).abs() < 1e-9);
        assert!(ShopLine::new(&[[0.8, 0.5], [0.2, 0.7]]).is_err());
    }
}

//! The console as a whole, driven through its own HTTP interface, on both databases.

mod accounts;
mod areas;
mod audit;
mod backtest;
mod bad_input;
mod cameras;
mod certificates;
mod clearance;
mod counts;
mod desk;
mod evidence;
mod flow;
mod fuzz;
mod handover;
mod independent;
mod intake;
mod law;
mod legal_day;
mod lifecycle;
mod live;
mod maintenance;
mod oidc;
mod outside;
mod party;
mod postgres;
mod queue;
mod recall;
mod recusals;
mod register;
mod retention;
mod retention_choice;

mod review;
mod roles;
mod running;
mod samples;
mod scope;
mod session;
mod site;
mod training;
mod vault;
mod world;
mod zones;

/// Runs a scenario on SQLite and on PostgreSQL. Where there is no PostgreSQL, the second says so and is skipped.
macro_rules! both {
    ($name:ident) => {
        mod $name {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                super::$name(crate::tests::world::World::sqlite().await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                if let Some(world) = crate::tests::world::World::postgres().await {
                    super::$name(world).await;
                }
            }
        }
    };
}
pub(crate) use both;
